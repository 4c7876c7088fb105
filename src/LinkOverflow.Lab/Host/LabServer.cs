using System.Net;
using LinkOverflow.Lab.Actions;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace LinkOverflow.Lab.Host;

/// <summary>The HTTP server with an account behind it, on any driver of machines.</summary>
internal sealed partial class LabServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Fleet _fleet;
    private readonly Storage _storage;
    private readonly MachineOutages _outages;
    private readonly SharedRun _keep;

    private LabServer(WebApplication app, Fleet fleet, Storage storage, MachineOutages outages, Account account, SharedRun keep)
    {
        _keep = keep;
        _outages = outages;
        _app = app;
        _fleet = fleet;
        _storage = storage;
        Account = account;
    }

    public Account Account { get; }

    /// <summary>The actions of EC2 that it answers.</summary>
    public IEnumerable<string> Actions { get; private init; } = [];

    /// <summary>http://127.0.0.1:PORT.</summary>
    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts to listen.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<LabServer> StartAsync(
        IPEndPoint listen, LabSlot slot, LabCredentials credentials, IMachineDriver driver, TimeProvider clock, CancellationToken cancellationToken, string? accountFile = null)
    {
        var file = accountFile is null ? null : new AccountFile(accountFile);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.TimestampFormat = "HH:mm:ss ";
            o.ColorBehavior = Microsoft.Extensions.Logging.Console.LoggerColorBehavior.Disabled;
        });
        // Standard output is for answers.
        builder.Logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // That it does not start is told by whoever starts it, in fewer words.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            // A large answer goes to the socket in one piece: by the usual 64 KiB whoever writes it would wait for the sender sixty times.
            o.Limits.MaxResponseBufferSize = 8 * 1024 * 1024;
            o.Listen(listen);
        });

        // Signals are the caller's: there is more to end than the server.
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        var app = builder.Build();
        var account = new Account(slot, clock);
        file?.Restore(account);
        var keep = new SharedRun(cancellation => file?.WriteAsync(account, cancellation) ?? Task.CompletedTask);
        var fleet = new Fleet(account, driver, app.Services.GetRequiredService<ILogger<Fleet>>());
        var storage = new Storage(account, fleet, driver);
        var faults = new FaultInjector(clock);
        var outages = new MachineOutages(account, fleet, faults, app.Services.GetRequiredService<ILogger<MachineOutages>>());
        var calls = new ApiCalls();
        ActionSet[] actions =
        [
            new RunInstances(account, fleet, faults, outages), new InstanceActions(account, fleet), new InstanceAttributes(account, fleet), new KeyPairActions(account),
            new SecurityGroupActions(account), new SecurityGroupRules(account, fleet), new ImageActions(account, storage), new SnapshotActions(account, storage), new InstanceTypeActions(), new PlaceActions(account), new TagActions(account),
            new VolumeActions(account, storage), new VolumeAttachments(account, storage), new NetworkInterfaceActions(account), new LaunchTemplateActions(account),
        ];
        var signature = new SignatureV4(credentials.AccessKeyId, credentials.SecretAccessKey, clock, credentials.Reader);
        var endpoint = new Endpoint(
            signature,
            actions,
            new StsActions(account),
            new SsmActions(account),
            faults,
            calls,
            keep.RunAsync,
            app.Services.GetRequiredService<ILogger<Endpoint>>());
        var labApi = new LabApi(account, signature, faults, outages, calls);
        app.Run(context => LabApi.IsFor(context) ? labApi.AnswerAsync(context) : endpoint.AnswerAsync(context));
        fleet.Work.Done = async () =>
        {
            try
            {
                await keep.RunAsync(CancellationToken.None);
            }
            catch (IOException e)
            {
                LogNotKept(app.Services.GetRequiredService<ILogger<LabServer>>(), e);
            }
        };
        fleet.Open();
        var server = new LabServer(app, fleet, storage, outages, account, keep) { Actions = endpoint.Actions };
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Starts what an earlier lab had running. The driver is prepared.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await _storage.ResumeAsync(cancellationToken);
        _fleet.Resume();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _outages.DisposeAsync();
        await _fleet.DisposeAsync();
        await _keep.RunAsync(CancellationToken.None);
        _keep.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "What has just changed is not kept for the next start")]
    private static partial void LogNotKept(ILogger logger, Exception exception);

    private sealed class QuietLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
