using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>The project's lab as a process of its own, with a state folder of its own; its instances are real machines.</summary>
public sealed class LabEc2 : IContractEc2, IAsyncLifetime
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly TemporaryFolder _folder = new();
    private AwsSettings? _settings;

    public string? Missing { get; private set; }

    public AwsSettings Settings => _settings!;

    public string Image => "ami-0deb1200000000001";

    private static string Program =>
        Environment.GetEnvironmentVariable("LINKOVERFLOW_LAB") ?? Path.Combine(Repository.Root, "bin", "lab", "LinkOverflow.Lab.dll");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            Missing = $"There is no {Program}; ./build.sh build makes it.";
            return;
        }

        var check = await RunAsync("check");
        if (check.ExitCode != 0)
        {
            Missing = $"The lab's machines cannot run here: {check.Output}{check.Error}";
            return;
        }

        var started = await LabAsync("start", "--detach");
        var problems = new List<Problem>();
        _settings = AwsSettings.Read(JsonSerializer.Deserialize<Record>(started, Json)!.Settings, problems);
        problems.ShouldBeEmpty();
    }

    public async ValueTask DisposeAsync()
    {
        if (Missing is null)
        {
            await LabAsync("stop");
        }

        _folder.Dispose();
    }

    internal Ec2Cloud Cloud() => new(Settings);

    /// <summary>Asks for a fault, in the words of docs/lab.md.</summary>
    public Task FaultAsync(string kind, params string[] options) => LabAsync(["fault", "add", kind, .. options]);

    /// <summary>Takes all faults back.</summary>
    public Task ClearFaultsAsync() => LabAsync("fault", "clear");

    /// <summary>How often each action was called since the last <see cref="TakeCallsAsync"/>.</summary>
    public async Task<IReadOnlyDictionary<string, int>> CallsAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        return (await http.GetFromJsonAsync<Dictionary<string, int>>(new Uri(new Uri(Settings.EndpointUrl!), "/_lab/calls")))!;
    }

    /// <summary>How often each action was called since the last time this was asked; counts from 0 again.</summary>
    public async Task<IReadOnlyDictionary<string, int>> TakeCallsAsync()
    {
        var calls = await CallsAsync();
        await LabAsync("calls", "--reset");
        return calls;
    }

    private async Task<string> LabAsync(params string[] arguments)
    {
        var result = await RunAsync([.. arguments, "--state", _folder.Path]);
        result.ExitCode.ShouldBe(0, result.Error);
        return result.Output;
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var lab = Process.Start(new ProcessStartInfo("dotnet", [Program, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        })!;
        var error = lab.StandardError.ReadToEndAsync();
        var output = await lab.StandardOutput.ReadToEndAsync();
        await lab.WaitForExitAsync();
        return (lab.ExitCode, output, await error);
    }

    private sealed record Record(string Settings);
}
