using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>Processes of this computer by their ids.</summary>
internal static class RunningProcess
{
    /// <summary>Whether a process runs: it is there, and it has not ended as one that nobody has waited for yet.</summary>
    public static bool Exists(int pid)
    {
        try
        {
            // proc_pid_stat(5): the state comes after the name, which is in parentheses and may hold some itself; Z is a zombie, X is dead.
            // A command line is no sign of life: one that is just being replaced by another program, exec(2), has none for a moment.
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            // It is gone, maybe while it was looked at.
            return false;
        }
    }
}
