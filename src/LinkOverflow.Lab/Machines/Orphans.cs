using System.Globalization;
using System.Text;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Programs that a killed lab had started and that go on without it: a podman that still makes a machine would make it after the
/// next lab has looked for what there is.
/// </summary>
internal static class Orphans
{
    // Every program that the lab starts inherits it; machines do not.
    public const string Variable = "LOLAB_STATE";

    /// <summary>For how long they are waited for; a podman that makes a machine takes a second.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    /// <summary>From now on what this process starts can be found again.</summary>
    public static void Mark(string state) => Environment.SetEnvironmentVariable(Variable, state);

    /// <summary>Waits until those of a lab that is no more have ended, and ends those that do not.</summary>
    /// <param name="state">The lab's state folder.</param>
    /// <param name="patience">For how long they may go on.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task EndAsync(string state, TimeSpan patience, CancellationToken cancellationToken)
    {
        var mark = Encoding.UTF8.GetBytes($"{Variable}={state}\0");
        var deadline = DateTime.UtcNow + patience;
        // To the end where that is near: what it leaves whole is easier to remove than half of it.
        while (Find(mark) is { Count: > 0 } orphans)
        {
            if (DateTime.UtcNow > deadline)
            {
                await new Command("kill", ["-KILL", .. orphans]).RunAsync(cancellationToken);
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>Their process ids.</summary>
    private static List<string> Find(byte[] mark)
    {
        var self = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var found = new List<string>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            var id = Path.GetFileName(folder);
            try
            {
                // conmon lives as long as its machine.
                if (char.IsAsciiDigit(id[0]) && id != self && File.ReadAllText($"{folder}/comm") != "conmon\n" && File.ReadAllBytes($"{folder}/environ").AsSpan().IndexOf(mark) >= 0)
                {
                    found.Add(id);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at.
            }
        }

        return found;
    }
}
