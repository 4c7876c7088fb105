using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Launch;

/// <summary>The checklist as Test-LOSettings shows it: one line per check, in colour on a terminal.</summary>
internal static class ChecklistTable
{
    private const string Reset = "\u001b[0m";

    public static void Write(TextWriter output, IReadOnlyList<SettingsCheck> checks)
    {
        // no-color.org
        var colour = output == Console.Out && !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        foreach (var check in checks)
        {
            var status = $"{check.Status,-8}";
            output.WriteLine($"{(colour ? Colour(check.Status) + status + Reset : status)} {check.Check,-15} {check.Finding}");
        }
    }

    private static string Colour(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "\u001b[32m",
        CheckStatus.Warning => "\u001b[33m",
        CheckStatus.Error => "\u001b[31m",
        _ => "\u001b[90m",
    };
}
