using System.Diagnostics;
using System.Globalization;
using System.Net;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>`start --detach`: a lab in a session of its own, that survives the shell it was started from.</summary>
internal static class DetachedStart
{
    public static async Task<int> RunAsync(LabFolders folders, IPAddress listen, int port, CancellationToken cancellationToken)
    {
        var missing = await Prerequisites.FindMissingAsync(cancellationToken);
        if (missing.Count > 0)
        {
            await Console.Error.WriteLineAsync(Prerequisites.Explain(missing));
            return ExitCodes.Failed;
        }

        if (LabRecord.Find(folders) is { } running)
        {
            return Answer(running);
        }

        folders.CreateState();
        await using var log = new FileStream(folders.Log, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        using var process = Launch(folders, listen, port);
        using var reader = new StreamReader(new FileStream(folders.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        try
        {
            while (true)
            {
                var ended = process.HasExited;
                await CopyAsync(reader);
                if (LabRecord.Find(folders) is { } record)
                {
                    return Answer(record);
                }

                // Another start for the same folder was quicker; its lab is ours.
                if (ended && process.ExitCode != ExitCodes.AlreadyRunning)
                {
                    return ExitCodes.Failed;
                }

                await Task.Delay(20, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited)
            {
                Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)])?.Dispose();
            }

            throw;
        }
    }

    private static Process Launch(LabFolders folders, IPAddress listen, int port)
    {
        // The shell only opens the log: whoever waits for our output must not wait for the lab's.
        var start = new ProcessStartInfo("setsid") { UseShellExecute = false };
        // 4 MiB, in hexadecimal. Sized by the processor's cache the youngest generation grows to what an idle lab should take
        // altogether; there is no runtimeconfig.json setting for it.
        start.Environment["DOTNET_GCgen0size"] = "400000";
        foreach (var argument in (string[])
            [
                "sh", "-c", "exec \"$@\" </dev/null >>\"$0\" 2>&1", folders.Log, .. ThisProgram.Start(folders, listen, port),
            ])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private static async Task CopyAsync(StreamReader reader)
    {
        if (await reader.ReadToEndAsync() is { Length: > 0 } text)
        {
            await Console.Error.WriteAsync(text);
        }
    }

    private static int Answer(LabRecord record)
    {
        Console.Out.WriteLine(record.ToJson());
        return 0;
    }
}
