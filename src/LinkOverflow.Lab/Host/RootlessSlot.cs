using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// A slot that the lab of a user who is not root has on this machine. No folder is everybody's to write down who has which; so it is
/// had by listening at an address of it, which the kernel ends with the process.
/// </summary>
internal sealed class RootlessSlot : IDisposable
{
    // The one that in a slot's network is this machine itself, so no machine has it.
    private const string Host = "1";

    private readonly TcpListener _holder;

    private RootlessSlot(LabSlot slot, TcpListener holder)
    {
        Slot = slot;
        _holder = holder;
    }

    public LabSlot Slot { get; }

    /// <summary>Takes the slot that the lab's machines have their addresses from, or a free one.</summary>
    /// <exception cref="MachineException">It is taken, or all are.</exception>
    public static RootlessSlot Take(LabFolders folders, int? number)
    {
        // Each lab begins to look elsewhere, so that one finds its slot free again that was stopped for a while.
        var first = (int)(BitConverter.ToUInt32(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(folders.State))) % LabSlot.Count);
        foreach (var slot in Enumerable.Range(0, number is null ? LabSlot.Count : 1).Select(n => new LabSlot(number ?? (first + n) % LabSlot.Count)))
        {
            if (!Slots.IsTaken(slot) && TryListen(slot) is { } holder)
            {
                return new RootlessSlot(slot, holder);
            }
        }

        throw new MachineException(
            number is { } kept
                ? string.Create(CultureInfo.InvariantCulture, $"This lab's machines have addresses that another lab uses now (127.77.{kept}.0/24): stop that one, or remove these machines with `stop --terminate`.")
                : $"All {LabSlot.Count} slots for labs on this machine are taken.");
    }

    public void Dispose() => _holder.Dispose();

    private static TcpListener? TryListen(LabSlot slot)
    {
        var holder = new TcpListener(IPAddress.Parse(slot.PublicPrefix + Host), RootlessPrerequisites.FirstPort);
        try
        {
            holder.Start();
            return holder;
        }
        catch (SocketException)
        {
            holder.Dispose();
            return null;
        }
    }
}
