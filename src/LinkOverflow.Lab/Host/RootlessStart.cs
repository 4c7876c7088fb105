using System.Net;
using System.Net.Sockets;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`start` of a user who is not root: the process that stays outside of the lab's namespaces and relays to it.</summary>
internal static class RootlessStart
{
    // What a killed lab had ends with its first process, and the kernel needs a moment for that; so does who clears away after one that ended.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task<int> RunAsync(LabFolders folders, IPAddress listen, int port, CancellationToken cancellationToken)
    {
        using var outside = await TakeOutsideAsync(folders, cancellationToken);
        if (outside is not null)
        {
            await WaitForKilledAsync(folders, cancellationToken);
        }

        if (outside is null || LabRecord.Find(folders) is not null)
        {
            await Console.Error.WriteLineAsync(StartCommand.AlreadyRuns(folders));
            return ExitCodes.AlreadyRunning;
        }

        using var endpoint = new TcpListener(listen, port);
        try
        {
            // Before anything else: whether it is free should not be said a minute later.
            endpoint.Start(backlog: 512);
        }
        catch (SocketException e)
        {
            await Console.Error.WriteLineAsync(StartCommand.PortInUse(listen, port, e));
            return ExitCodes.Failed;
        }

        using var slot = RootlessSlot.Take(folders, KeptSlot(folders));
        // A socket's path must be short, and a state folder's need not be.
        Environment.CurrentDirectory = folders.State;
        using var inside = await RootlessNamespaces.EnterAsync(folders, slot.Slot, ThisProgram.Start(folders, listen, ((IPEndPoint)endpoint.LocalEndpoint).Port), cancellationToken);
        using var ended = new CancellationTokenSource();
        var relay = new RootlessRelay(LabFolders.Gate, Console.Error.WriteLine);
        var relaying = Task.WhenAll(relay.RelayAsync(endpoint, ended.Token), relay.FollowDoorsAsync(ended.Token));
        await using (cancellationToken.Register(() => _ = inside.AskToEndAsync()))
        {
            var exitCode = await inside.WaitAsync(CancellationToken.None);
            await ended.CancelAsync();
            await relaying;
            // Where another start was quicker, they are that lab's; where the lab removed itself for good they went with its folder.
            if (exitCode != ExitCodes.AlreadyRunning && Directory.Exists(folders.State))
            {
                RemoveTraces(folders);
            }

            return exitCode;
        }
    }

    /// <summary>Removes what only a running lab needs.</summary>
    public static void RemoveTraces(LabFolders folders)
    {
        foreach (var file in folders.OfNamespace)
        {
            File.Delete(file);
        }
    }

    /// <summary>The slot that machines of an earlier start have their addresses from; null for none.</summary>
    public static int? KeptSlot(LabFolders folders)
    {
        try
        {
            return new AccountFile(folders.Account).Read() is { } state && state.Kept().Count > 0 ? state.Slot : null;
        }
        catch (MachineException)
        {
            // The lab says so itself, before it changes anything.
            return null;
        }
    }

    /// <summary>From here on no other lab is started for these folders, and none is cleared away. Null where one runs.</summary>
    private static async Task<FileStream?> TakeOutsideAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + Patience;
        do
        {
            if (FileLock.TryTake(folders.OutsideLock) is { } taken)
            {
                return taken;
            }

            await Task.Delay(50, cancellationToken);
        }
        while (LabRecord.Find(folders) is null && DateTime.UtcNow < deadline);
        return null;
    }

    private static async Task WaitForKilledAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + Patience;
        while (FileLock.IsTaken(folders.Lock) && LabRecord.Find(folders) is null && !IsStarting(folders) && DateTime.UtcNow < deadline)
        {
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>Whether whoever has the lock still lives, and has only not come so far as to say where it answers.</summary>
    private static bool IsStarting(LabFolders folders)
    {
        try
        {
            return Directory.Exists($"/proc/{File.ReadAllText(folders.Pid).Trim()}");
        }
        catch (IOException)
        {
            return false;
        }
    }
}
