using System.Globalization;
using System.Text;
using System.Text.Json;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>
/// The lab's program in a process of its own, with real machines and a state folder of its own; the base image is the user's.
/// Tests that use it are skipped, with the reason, where this machine cannot run machines.
/// </summary>
public sealed class RealLab : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lolab-test-");
    private readonly IReadOnlyList<MissingPrerequisite> _missing = Prerequisites.FindMissing();
    private LabRecord? _record;
    private AmazonEC2Client? _ec2;

    public string State => Path.Combine(_folder.FullName, "state");

    public string Folder => _folder.FullName;

    internal LabRecord Record => _record!;

    public AmazonEC2Client Ec2 => _ec2!;

    /// <summary>The secret that the settings file holds.</summary>
    public string Secret { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        if (_missing.Count == 0)
        {
            await StartAsync();
        }
    }

    public void SkipWithoutMachines()
    {
        if (_missing.Count > 0)
        {
            Assert.Skip(Prerequisites.Explain(_missing));
        }
    }

    /// <summary>`start --detach`; gives what it said.</summary>
    public async Task<string> StartAsync()
    {
        var started = await LabAsync("start", "--detach");
        started.ExitCode.ShouldBe(0, started.Error);
        _record = JsonSerializer.Deserialize<LabRecord>(started.Output, LabRecord.Json)!;
        var settings = await File.ReadAllLinesAsync(_record.Settings);
        Secret = settings.Single(l => l.StartsWith("SecretAccessKey", StringComparison.Ordinal)).Split(" = ")[1];
        _ec2?.Dispose();
        _ec2 = new AmazonEC2Client(
            new BasicAWSCredentials(_record.AccessKeyId, Secret), new AmazonEC2Config { ServiceURL = _record.Endpoint, AuthenticationRegion = _record.Region });
        return started.Error;
    }

    /// <summary>One of the lab's commands on this state folder.</summary>
    internal Task<CommandResult> LabAsync(string command, params string[] options) =>
        new Command("dotnet", [typeof(LabRecord).Assembly.Location, command, .. options, "--state", State]).RunAsync(CancellationToken.None);

    public async Task<List<Instance>> RunAsync(int count, Action<RunInstancesRequest>? change = null)
    {
        var request = new RunInstancesRequest { ImageId = "ami-0deb1200000000001", MinCount = count, MaxCount = count, InstanceType = "t3.micro", KeyName = "lab" };
        change?.Invoke(request);
        return (await Ec2.RunInstancesAsync(request, TestContext.Current.CancellationToken)).Reservation.Instances;
    }

    public async Task<string> ConsoleAsync(Instance instance)
    {
        var answer = await Ec2.GetConsoleOutputAsync(new GetConsoleOutputRequest { InstanceId = instance.InstanceId }, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(Convert.FromBase64String(answer.Output ?? ""));
    }

    public async Task<string> StateOfAsync(Instance instance)
    {
        var answer = await Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instance.InstanceId] }, TestContext.Current.CancellationToken);
        return answer.Reservations[0].Instances[0].State.Name.Value;
    }

    public Task WaitForStateAsync(Instance instance, string state) => UntilAsync(async () => await StateOfAsync(instance) == state, $"{instance.InstanceId} is {state}");

    public async Task TerminateAsync(params IEnumerable<Instance> instances)
    {
        var list = instances.ToList();
        await Ec2.TerminateInstancesAsync(new TerminateInstancesRequest { InstanceIds = [.. list.Select(i => i.InstanceId)] }, TestContext.Current.CancellationToken);
        foreach (var instance in list)
        {
            await WaitForStateAsync(instance, "terminated");
        }
    }

    /// <summary>A command on the machine, by the system's ssh, which trusts nothing but the host key on the console.</summary>
    internal async Task<CommandResult> SshAsync(Instance instance, string command, string user = "admin")
    {
        var known = Path.Combine(Folder, $"known_hosts-{instance.InstanceId}");
        if (!File.Exists(known))
        {
            string? key = null;
            await UntilAsync(async () => (key = HostKey(await ConsoleAsync(instance))) is not null, "the console shows the host key");
            await File.WriteAllTextAsync(known, $"{instance.PublicIpAddress} {key}\n", TestContext.Current.CancellationToken);
        }

        CommandResult? result = null;
        await UntilAsync(
            async () =>
            {
                result = await new Command(
                    "ssh", "-F", "none", "-i", Record.KeyFile, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes", "-o", $"UserKnownHostsFile={known}",
                    "-o", "BatchMode=yes", "-o", "ConnectTimeout=5", $"{user}@{instance.PublicIpAddress}", command).RunAsync(TestContext.Current.CancellationToken);
                // 255 is ssh's own; sshd, and the address while the instance is pending, come a moment after the key.
                return result.ExitCode != 255
                    || !(result.Error.Contains("Connection refused", StringComparison.Ordinal) || result.Error.Contains("No route to host", StringComparison.Ordinal));
            },
            "sshd answers");
        return result!;
    }

    /// <summary>The line between cloud-init's marks.</summary>
    public static string? HostKey(string console)
    {
        var lines = console.Split('\n');
        var start = Array.IndexOf(lines, "-----BEGIN SSH HOST KEY KEYS-----");
        return start >= 0 && Array.IndexOf(lines, "-----END SSH HOST KEY KEYS-----") == start + 2 ? lines[start + 1] : null;
    }

    /// <summary>Everything on this machine that has the name of this lab's slot, or lies in its address ranges.</summary>
    public async Task<IReadOnlyList<string>> TracesAsync(Instance instance)
    {
        var number = instance.PrivateIpAddress.Split('.')[2];
        string[] marks = [$"lolab_{number}", $"lolab{number}-", $"10.77.{number}.", $"127.77.{number}."];
        var traces = new List<string>();
        foreach (var command in (Command[])
            [
                new("nft", "list", "ruleset"), new("ip", "-o", "address"), new("ip", "route", "show", "table", "all"), new("ip", "netns", "list"), new("ps", "-eo", "args"), new("cat", "/proc/self/mounts"),
                new("losetup", "--list", "--output", "NAME,BACK-FILE"),
            ])
        {
            var output = (await command.RunAsync(TestContext.Current.CancellationToken)).Output;
            traces.AddRange(output.Split('\n').Where(l => marks.Any(m => l.Contains(m, StringComparison.Ordinal)) || l.Contains(State, StringComparison.Ordinal)));
        }

        return traces;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, string what, int minutes = 1)
    {
        var deadline = DateTime.UtcNow.AddMinutes(minutes);
        while (!await condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue($"waited {minutes} min until {what}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public static Task KillAsync(int pid) => new Command("kill", "-KILL", pid.ToString(CultureInfo.InvariantCulture)).OutputAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _ec2?.Dispose();
        if (Directory.Exists(State))
        {
            await LabAsync("stop", "--terminate");
        }

        _folder.Delete(recursive: true);
    }
}
