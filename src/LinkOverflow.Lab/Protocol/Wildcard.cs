namespace LinkOverflow.Lab.Protocol;

/// <summary>EC2's filter patterns.</summary>
internal static class Wildcard
{
    /// <summary>Whether the whole text matches, in time proportional to text times pattern whatever the pattern.</summary>
    public static bool IsMatch(string text, string pattern)
    {
        var (t, p) = (0, 0);
        var (star, resume) = (-1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                resume = t;
            }
            else if (p < pattern.Length && pattern[p] == '\\' && p + 1 < pattern.Length && pattern[p + 1] == text[t])
            {
                p += 2;
                t++;
            }
            else if (p < pattern.Length && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '\\')))
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
