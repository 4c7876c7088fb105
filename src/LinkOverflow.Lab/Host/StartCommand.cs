using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Host;

/// <summary>`start` in the foreground: everything from the prerequisites to the last leftover.</summary>
internal static class StartCommand
{
    public static async Task<int> RunAsync(LabFolders folders, IPAddress listen, int port, CancellationToken cancellationToken)
    {
        var missing = await Prerequisites.FindMissingAsync(cancellationToken);
        if (missing.Count > 0)
        {
            return Refuse(Prerequisites.Explain(missing));
        }

        folders.CreateState();
        if (UserNamespace.IsNeeded)
        {
            using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var interruptions = new Signals(interrupted);
            return await RootlessStart.RunAsync(folders, listen, port, interrupted.Token);
        }

        // `status` looks at the lock by taking it for a moment.
        using var held = await TryTakeLockAsync(folders.Lock, cancellationToken);
        if (held is null)
        {
            return Refuse(AlreadyRuns(folders), ExitCodes.AlreadyRunning);
        }

        Leave(folders);
        await File.WriteAllTextAsync(folders.Pid, UserNamespace.Process.ToString(CultureInfo.InvariantCulture), cancellationToken);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var signals = new Signals(stopping);
        using var gate = UserNamespace.IsInside ? RootlessGate.Open(folders, stopping) : null;
        try
        {
            return await ServeAsync(folders, listen, port, gate, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return 0;
        }
        catch (MachineException e)
        {
            return Refuse(e.Message);
        }
        finally
        {
            Say("stopping ...");
            await Slots.ReleaseAsync(folders, (await KeptAsync(folders, CancellationToken.None)).Names, removeCache: false, CancellationToken.None);
            Leave(folders);
            Say("stopped");
        }
    }

    /// <summary>What the next start needs of what is on this machine; everything, where the account cannot be read.</summary>
    /// <returns>That, and why the account cannot be read; null where it can.</returns>
    public static async Task<(IReadOnlySet<string> Names, string? Problem)> KeptAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        try
        {
            return (new AccountFile(folders.Account).Read()?.Kept() ?? Slots.Nothing, null);
        }
        catch (MachineException e)
        {
            return (await Slots.EverythingAsync(folders, cancellationToken), e.Message);
        }
    }

    /// <summary>Removes the files that say that a lab runs here, and those that a killed one has half written.</summary>
    public static void Leave(LabFolders folders)
    {
        PrivateFile.RemoveHalfWritten(folders.State);
        File.Delete(folders.Record);
        File.Delete(folders.Settings);
        File.Delete(folders.AwsConfig);
        File.Delete(folders.Pid);
    }

    private static async Task<int> ServeAsync(LabFolders folders, IPAddress listen, int port, RootlessGate? gate, CancellationToken cancellationToken)
    {
        var state = new AccountFile(folders.Account).Read();
        foreach (var leftover in await Slots.ReleaseAsync(folders, state?.Kept() ?? Slots.Nothing, removeCache: false, cancellationToken))
        {
            Say($"removed what a killed lab left: {leftover}");
        }

        Orphans.Mark(folders.State);
        var credentials = await LabCredentials.OpenAsync(folders, cancellationToken);
        var slot = await Slots.TakeAsync(folders, state?.Kept().Count > 0 ? state.Slot : UserNamespace.Slot, cancellationToken);
        using var machines = new PodmanMachines(slot, folders.State, folders.Cache, LabFolders.Shared);
        LabServer server;
        try
        {
            // The port first: whether it is free should not be said a minute later.
            server = await LabServer.StartAsync(new IPEndPoint(listen, port), slot, credentials, machines, TimeProvider.System, cancellationToken, folders.Account);
        }
        catch (IOException e)
        {
            return Refuse(PortInUse(listen, port, e.InnerException ?? e));
        }

        await using (server)
        {
            if (gate is not null)
            {
                await gate.ServeAsync(machines.OpenPorts, cancellationToken);
            }

            await machines.PrepareAsync(Say, cancellationToken);
            await server.ResumeAsync(cancellationToken);
            await RegisterKeyPairAsync(server.Account, folders, cancellationToken);
            await WriteSettingsAsync(folders, credentials, server.Endpoint, cancellationToken);
            var record = new LabRecord(
                server.Endpoint,
                UserNamespace.Process,
                Zones.Region,
                DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
                folders.Settings,
                LabCredentials.KeyPairName,
                folders.KeyFile,
                credentials.AccessKeyId,
                folders.State);
            await PrivateFile.WriteAsync(folders.Record, record.ToJson() + "\n", cancellationToken);
            Say($"the lab answers at {server.Endpoint}; settings for its clients: {folders.Settings}");
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        return 0;
    }

    private static async Task RegisterKeyPairAsync(Account account, LabFolders folders, CancellationToken cancellationToken)
    {
        var (type, publicKey, fingerprint) = KeyMaterial.Read(await File.ReadAllTextAsync(folders.KeyFile + ".pub", cancellationToken))!.Value;
        lock (account.Gate)
        {
            account.KeyPairs.TryAdd(
                LabCredentials.KeyPairName,
                new KeyPair(ResourceId.New("key"), LabCredentials.KeyPairName, type, fingerprint, publicKey, account.Clock.GetUtcNow()));
        }
    }

    private static async Task WriteSettingsAsync(LabFolders folders, LabCredentials credentials, string endpoint, CancellationToken cancellationToken)
    {
        await PrivateFile.WriteAsync(
            folders.Settings,
            $"""
            [EC2]
            AccessKeyId = {credentials.AccessKeyId}
            SecretAccessKey = {credentials.SecretAccessKey}
            AvailabilityZone = {Zones.All[0].Name}
            SSHKeyPair = {LabCredentials.KeyPairName}
            SSHKeyPairFile = {folders.KeyFile}
            EndpointUrl = {endpoint}

            """,
            cancellationToken);
        await PrivateFile.WriteAsync(
            folders.AwsConfig,
            $"""
            [profile lab]
            region = {Zones.Region}
            aws_access_key_id = {credentials.AccessKeyId}
            aws_secret_access_key = {credentials.SecretAccessKey}
            endpoint_url = {endpoint}

            [profile lab-reader]
            region = {Zones.Region}
            aws_access_key_id = {credentials.Reader!.Id}
            aws_secret_access_key = {credentials.Reader.Secret}
            endpoint_url = {endpoint}

            """,
            cancellationToken);
    }

    private static async Task<FileStream?> TryTakeLockAsync(string file, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < 10; attempt++)
        {
            if (FileLock.TryTake(file) is { } taken)
            {
                return taken;
            }

            await Task.Delay(20, cancellationToken);
        }

        return null;
    }

    /// <summary>What is said where another lab has the state folder.</summary>
    public static string AlreadyRuns(LabFolders folders) => $"A lab already runs for {folders.State}{(LabRecord.Find(folders) is { } other ? $" at {other.Endpoint}" : "")}.";

    /// <summary>What is said of a port that cannot be listened on.</summary>
    public static string PortInUse(IPAddress listen, int port, Exception reason) =>
        $"Port {port.ToString(CultureInfo.InvariantCulture)} on {listen} cannot be used: {reason.Message}. Choose another with --port, or --port 0 for any free one.";

    private static int Refuse(string text, int exitCode = ExitCodes.Failed)
    {
        Console.Error.WriteLine(text);
        return exitCode;
    }

    private static void Say(string line) => Console.Error.WriteLine($"{DateTime.Now.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} {line}");

    /// <summary>Ends the lab in order on SIGTERM, SIGINT and SIGHUP; a second one changes nothing.</summary>
    private sealed class Signals(CancellationTokenSource stopping) : IDisposable
    {
        private readonly PosixSignalRegistration[] _registrations =
        [
            .. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, context =>
            {
                context.Cancel = true;
                stopping.Cancel();
            })),
        ];

        public void Dispose()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }
        }
    }
}
