using System.Globalization;
using System.Runtime.InteropServices;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`stop`: ends the server, whatever it takes, and stops or removes what it has on this machine.</summary>
internal static partial class StopCommand
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(LabFolders folders, bool terminate, bool remove, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folders.State) && !(remove && Directory.Exists(folders.Cache)) && Slots.Find(folders) is null)
        {
            await Console.Error.WriteLineAsync($"No lab in {folders.State}.");
            return 0;
        }

        if (UserNamespace.IsNeeded)
        {
            return await RootlessStop.RunAsync(folders, terminate, remove, cancellationToken);
        }

        folders.CreateState();
        using (await EndServerAsync(folders, cancellationToken))
        {
            var (keep, problem) = terminate || remove ? (Slots.Nothing, null) : await StartCommand.KeptAsync(folders, cancellationToken);
            foreach (var leftover in await Slots.ReleaseAsync(folders, keep, remove, cancellationToken))
            {
                await Console.Error.WriteLineAsync($"removed {leftover}");
            }

            StartCommand.Leave(folders);
            if (terminate || remove)
            {
                File.Delete(folders.Account);
            }

            if (remove)
            {
                Directory.Delete(folders.State, recursive: true);
            }

            if (problem is not null)
            {
                await Console.Error.WriteLineAsync($"The machines are stopped and kept, but {problem}");
                return ExitCodes.Failed;
            }
        }

        return 0;
    }

    /// <summary>Asks the server to end, then makes it. Gives its lock, so that none starts meanwhile.</summary>
    public static async Task<FileStream> EndServerAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        if (FileLock.TryTake(folders.Lock) is { } free)
        {
            return free;
        }

        // Inside a user namespace ids are others: who runs there has been ended outside.
        if (!UserNamespace.IsInside && FindServer(folders) is { } pid)
        {
            _ = Kill(pid, SigTerm);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            try
            {
                return await FileLock.TakeAsync(folders.Lock, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                await Console.Error.WriteLineAsync("the server does not end; killing it");
                _ = Kill(pid, SigKill);
            }
        }

        return await FileLock.TakeAsync(folders.Lock, cancellationToken);
    }

    /// <summary>The process that holds the lock: it wrote its id beside it. Null in the moment before it does.</summary>
    private static int? FindServer(LabFolders folders)
    {
        try
        {
            return int.TryParse(File.ReadAllText(folders.Pid), CultureInfo.InvariantCulture, out var pid) && pid > 1 ? pid : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
