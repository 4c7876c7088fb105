using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// Where the lab of a user who is not root runs: a user namespace in which that user is root, with a network, mounts and processes of its
/// own. The process that started it stays outside, relays to it, and is the lab for everybody else.
/// </summary>
internal static partial class UserNamespace
{
    /// <summary>Set inside: process outside, slot, this machine's addresses.</summary>
    private const string Variable = "LOLAB_OUTSIDE";

    private static readonly string[]? Outside = Environment.GetEnvironmentVariable(Variable)?.Split(' ');

    /// <summary>Whether this process runs in one.</summary>
    public static bool IsInside => Outside is not null;

    /// <summary>Whether the lab needs one: who is root, or root in one already, needs none.</summary>
    public static bool IsNeeded => GetEffectiveUserId() != 0;

    /// <summary>The user, as the kernel knows them.</summary>
    public static uint User => GetEffectiveUserId();

    /// <summary>The process that others know the lab by; inside, ids are others than outside.</summary>
    public static int Process => Outside is null ? Environment.ProcessId : int.Parse(Outside[0], CultureInfo.InvariantCulture);

    /// <summary>The slot that is free outside; null where slots are looked for here.</summary>
    public static int? Slot => Outside is null ? null : int.Parse(Outside[1], CultureInfo.InvariantCulture);

    /// <summary>This machine's addresses outside.</summary>
    public static IEnumerable<IPAddress> Addresses => Outside is null ? [] : Outside.Skip(2).Select(IPAddress.Parse);

    /// <summary>The variable with which the lab's program knows that it is inside.</summary>
    public static KeyValuePair<string, string?> Mark(LabSlot slot, IEnumerable<IPAddress> addresses) => new(
        Variable,
        string.Join(' ', [Environment.ProcessId.ToString(CultureInfo.InvariantCulture), slot.Number.ToString(CultureInfo.InvariantCulture), .. addresses.Select(a => a.ToString())]));

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
