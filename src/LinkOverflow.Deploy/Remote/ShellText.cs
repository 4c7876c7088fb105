namespace LinkOverflow.Deploy.Remote;

/// <summary>The one place where text becomes part of a POSIX shell command.</summary>
public static class ShellText
{
    /// <summary>The argument in single quotes, so that a POSIX shell takes it as it is, whatever it holds but NUL.</summary>
    /// <exception cref="ArgumentException">The text holds a NUL character, which no argument can.</exception>
    public static string Quote(string argument)
    {
        if (argument.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("An argument cannot hold a NUL character.", nameof(argument));
        }

        return $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }

    /// <summary>A command of quoted words.</summary>
    public static string Command(params IEnumerable<string> words) => string.Join(' ', words.Select(Quote));
}
