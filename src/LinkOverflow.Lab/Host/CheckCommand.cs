using System.Text.Json;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`check`: whether this machine has what real machines need.</summary>
internal static class CheckCommand
{
    public static int Run(bool json)
    {
        var missing = Prerequisites.FindMissing();
        Console.WriteLine(
            json ? JsonSerializer.Serialize(new { Ok = missing.Count == 0, Missing = missing }, LabRecord.Json)
            : missing.Count == 0 ? "This machine has everything that the lab needs."
            : Prerequisites.Explain(missing));
        return missing.Count == 0 ? 0 : ExitCodes.Failed;
    }
}
