using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>What a lab without root does not do on this machine, though nothing is missing for it.</summary>
internal static class RootlessLimits
{
    /// <summary>One line each.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(CancellationToken cancellationToken)
    {
        var cgroup = await DelegatedCgroup.FindAsync(cancellationToken);
        string[] unlimited = cgroup is null ? [] : [.. ((string[])["memory", "cpu"]).Except(cgroup.Controllers, StringComparer.Ordinal)];
        return
        [
            "Without root, volumes cannot be attached: loop devices are root's.",
            .. unlimited.Length == 0 ? Array.Empty<string>() : [$"Without root, an instance type does not limit {string.Join(" and ", unlimited)} here: this user's cgroup has no such controller."],
        ];
    }
}
