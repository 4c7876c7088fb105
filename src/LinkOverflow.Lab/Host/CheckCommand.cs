using System.Text.Json;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`check`: whether this machine has what real machines need.</summary>
internal static class CheckCommand
{
    public static async Task<int> RunAsync(bool json, CancellationToken cancellationToken)
    {
        var missing = await Prerequisites.FindMissingAsync(cancellationToken);
        // What root's lab has is the same everywhere.
        var limits = UserNamespace.IsNeeded ? await RootlessLimits.FindAsync(cancellationToken) : [];
        Console.WriteLine(
            json ? JsonSerializer.Serialize(new { Ok = missing.Count == 0, Missing = missing, Limits = limits }, LabRecord.Json)
            : string.Join(Environment.NewLine, [missing.Count == 0 ? "This machine has everything that the lab needs." : Prerequisites.Explain(missing), .. limits]));
        return missing.Count == 0 ? 0 : ExitCodes.Failed;
    }
}
