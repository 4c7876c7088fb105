using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`stop` of a user who is not root: what the lab's files belong to are ids that are this user's in a namespace alone.</summary>
internal static class RootlessStop
{
    public static async Task<int> RunAsync(LabFolders folders, bool terminate, bool remove, CancellationToken cancellationToken)
    {
        if (Slots.Find(folders) is not null)
        {
            await Console.Error.WriteLineAsync("This lab was started by root: removing its machines and their network needs root; use sudo.");
            return ExitCodes.Failed;
        }

        folders.CreateState();
        (await StopCommand.EndServerAsync(folders, cancellationToken)).Dispose();
        // The process outside ends a moment later: what it clears away would be what is made here by the same names.
        using var outside = await FileLock.TakeAsync(folders.OutsideLock, cancellationToken);
        // The slot was the ended lab's network, and has gone with it.
        IEnumerable<string> options = [.. terminate ? (string[])["--terminate"] : [], .. remove ? (string[])["--remove"] : []];
        using var inside = await RootlessNamespaces.EnterAsync(
            folders, default, ThisProgram.With(["stop", "--state", folders.State, "--cache", folders.Cache, .. options]), cancellationToken);
        var exitCode = await inside.WaitAsync(cancellationToken);
        if (Directory.Exists(folders.State))
        {
            RootlessStart.RemoveTraces(folders);
        }

        return exitCode;
    }
}
