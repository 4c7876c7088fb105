using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>The limits of a machine that this kernel can enforce, as options of podman.</summary>
internal static class MachineLimits
{
    private static readonly bool Memory = HasController("memory");
    private static readonly bool Cpu = HasController("cpu");

    /// <summary>Options for a machine of that size; no more processors than this computer has.</summary>
    public static IReadOnlyList<string> Options(int cpus, int memoryMiB) =>
    [
        .. Memory ? ["--memory", string.Create(CultureInfo.InvariantCulture, $"{memoryMiB}m")] : Array.Empty<string>(),
        .. Cpu ? ["--cpus", Math.Min(cpus, Environment.ProcessorCount).ToString(CultureInfo.InvariantCulture)] : Array.Empty<string>(),
    ];

    private static bool HasController(string name) =>
        Directory.Exists($"/sys/fs/cgroup/{name}")
        || (File.Exists("/sys/fs/cgroup/cgroup.controllers")
            && File.ReadAllText("/sys/fs/cgroup/cgroup.controllers").Split(' ', '\n').Contains(name, StringComparer.Ordinal));
}
