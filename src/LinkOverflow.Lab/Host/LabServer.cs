using System.Net;
using LinkOverflow.Lab.Actions;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace LinkOverflow.Lab.Host;

/// <summary>The HTTP server with an account behind it, on any driver of machines.</summary>
internal sealed class LabServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Fleet _fleet;

    private LabServer(WebApplication app, Fleet fleet, Account account)
    {
        _app = app;
        _fleet = fleet;
        Account = account;
    }

    public Account Account { get; }

    /// <summary>http://127.0.0.1:PORT.</summary>
    public string Endpoint => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts to listen.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    public static async Task<LabServer> StartAsync(
        IPEndPoint listen, LabSlot slot, LabCredentials credentials, IMachineDriver driver, TimeProvider clock, CancellationToken cancellationToken)
    {
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
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.AddServerHeader = false;
            o.Listen(listen);
        });

        // Signals are the caller's: there is more to end than the server.
        builder.Services.AddSingleton<IHostLifetime, QuietLifetime>();
        var app = builder.Build();
        var account = new Account(slot, clock);
        var fleet = new Fleet(account, driver, app.Services.GetRequiredService<ILogger<Fleet>>());
        var storage = new Storage(account, fleet, driver);
        ActionSet[] actions =
        [
            new RunInstances(account, fleet), new InstanceActions(account, fleet), new InstanceAttributes(account, fleet), new KeyPairActions(account),
            new SecurityGroupActions(account, fleet), new ImageActions(account, storage), new SnapshotActions(account, storage), new InstanceTypeActions(), new PlaceActions(account), new TagActions(account),
            new VolumeActions(account, storage), new NetworkInterfaceActions(account), new LaunchTemplateActions(account),
        ];
        var endpoint = new Endpoint(
            account,
            new SignatureV4(credentials.AccessKeyId, credentials.SecretAccessKey, clock),
            actions,
            new StsActions(account, credentials.AccessKeyId),
            new SsmActions(account),
            app.Services.GetRequiredService<ILogger<Endpoint>>());
        app.Run(endpoint.AnswerAsync);
        fleet.Open();
        var server = new LabServer(app, fleet, account);
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

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _fleet.DisposeAsync();
    }

    private sealed class QuietLifetime : IHostLifetime
    {
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
