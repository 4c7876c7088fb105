using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>The ids, beside their own, that root has given to a user: subuid(5) and subgid(5).</summary>
internal static class SubordinateIds
{
    /// <summary>What a machine's users and groups need, up to nobody's.</summary>
    public const int Needed = 65536;

    private const int First = 100000;

    /// <summary>How many the user has in the largest range of a file, and the first id that nobody has.</summary>
    public static (int Count, int Free) Read(string text, string name, uint id)
    {
        var ranges = text.Split('\n').Select(l => l.Split(':'))
            .Where(f => f.Length == 3 && int.TryParse(f[1], CultureInfo.InvariantCulture, out _) && int.TryParse(f[2], CultureInfo.InvariantCulture, out _))
            .Select(f => (Owner: f[0], Start: int.Parse(f[1], CultureInfo.InvariantCulture), Count: int.Parse(f[2], CultureInfo.InvariantCulture))).ToList();
        var mine = ranges.Where(r => r.Owner == name || r.Owner == id.ToString(CultureInfo.InvariantCulture)).Select(r => r.Count);
        return (mine.DefaultIfEmpty(0).Max(), ranges.Select(r => r.Start + r.Count).Append(First).Max());
    }

    /// <summary>What is missing; null when there are enough.</summary>
    public static MissingPrerequisite? FindMissing(string name, uint id)
    {
        var (users, groups) = (Read(TextOf("/etc/subuid"), name, id), Read(TextOf("/etc/subgid"), name, id));
        if (users.Count >= Needed && groups.Count >= Needed)
        {
            return null;
        }

        var first = Math.Max(users.Free, groups.Free);
        var range = string.Create(CultureInfo.InvariantCulture, $"{first}-{first + Needed - 1}");
        return new MissingPrerequisite(
            "subordinate ids",
            string.Create(CultureInfo.InvariantCulture, $"a machine has users of its own; {name} has {users.Count} ids in /etc/subuid and {groups.Count} in /etc/subgid, and {Needed} of each are needed"),
            null,
            $"sudo usermod --add-subuids {range} --add-subgids {range} {name}");
    }

    private static string TextOf(string file) => File.Exists(file) ? File.ReadAllText(file) : "";
}
