using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
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
    private IReadOnlyList<MissingPrerequisite> _missing = [];
    private LabRecord? _record;
    private string? _ownCache;
    private AmazonEC2Client? _ec2;
    private OtherUser? _user;

    public string State => Path.Combine(_folder.FullName, "state");

    public string Folder => _folder.FullName;

    /// <summary>Where its base image and its machines' disks are.</summary>
    public string Cache => _ownCache ?? LabFolders.From(null, null).Cache;

    internal LabRecord Record => _record!;

    public AmazonEC2Client Ec2 => _ec2!;

    /// <summary>The secret that the settings file holds.</summary>
    public string Secret { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        _missing = await Prerequisites.FindMissingAsync(TestContext.Current.CancellationToken);
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
    public async Task<string> StartAsync(params string[] options)
    {
        var started = await LabAsync("start", ["--detach", .. options]);
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
    internal Task<CommandResult> LabAsync(string command, params string[] options)
    {
        string[] program = ["dotnet", typeof(LabRecord).Assembly.Location, command, .. options, "--state", State, .. _ownCache is null ? Array.Empty<string>() : ["--cache", _ownCache]];
        return (_user?.Command(program) ?? new Command(program[0], program[1..])).RunAsync(CancellationToken.None);
    }

    /// <summary>Starts it as another user, with a cache of its own.</summary>
    internal async Task StartAsAsync(OtherUser user)
    {
        _user = user;
        _ownCache = Path.Combine(Folder, "cache");
        await new Command("chown", user.Id, Folder).OutputAsync(CancellationToken.None);
        await StartAsync();
    }

    /// <summary>One of podman's commands on the storage of this lab; gives the lines of its answer.</summary>
    public async Task<string[]> PodmanAsync(params string[] arguments) =>
        (await new Podman(Cache).Command(arguments).OutputAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Starts it anew with a cache that no other lab uses, and the base image of the one before.</summary>
    public async Task MoveToCacheOfItsOwnAsync()
    {
        var before = new Podman(Cache);
        (await LabAsync("stop", "--terminate")).ExitCode.ShouldBe(0);
        _ownCache = Path.Combine(Folder, "cache");
        var after = new Podman(_ownCache);
        await after.PrepareAsync(TestContext.Current.CancellationToken);
        var file = Path.Combine(Folder, "base.tar");
        foreach (var image in (await before.Command("images", "--format", "{{.Repository}}:{{.Tag}}", "localhost/lolab-debian").OutputAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await before.Command("save", "--output", file, image).OutputAsync(TestContext.Current.CancellationToken);
            await after.Command("load", "--input", file).OutputAsync(TestContext.Current.CancellationToken);
            File.Delete(file);
        }

        await StartAsync();
    }

    /// <summary>Takes an instance out of the account that a lab which does not run has kept.</summary>
    public async Task ForgetAsync(Instance instance)
    {
        var file = Path.Combine(State, "account.json");
        var account = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        var instances = account["Instances"]!.AsArray();
        instances.Remove(instances.Single(i => i!["Id"]!.GetValue<string>() == instance.InstanceId));
        await File.WriteAllTextAsync(file, account.ToJsonString());
    }

    /// <summary>Takes away what of a lab does not outlive a restart of the computer: processes, mounts, network, and all below /run.</summary>
    public async Task LoseWhatARestartLosesAsync(Instance instance)
    {
        var number = instance.PrivateIpAddress.Split('.')[2];
        var containers = await PodmanAsync("ps", "--all", "--no-trunc", "--quiet");
        // The monitors before the machines: they would tidy up.
        foreach (var monitor in await RunningAsync("conmon"))
        {
            await KillAsync(monitor);
        }

        foreach (var machine in Directory.EnumerateFiles(Path.Combine(State, "machines"), "pid", SearchOption.AllDirectories))
        {
            await KillAsync(int.Parse(await File.ReadAllTextAsync(machine), CultureInfo.InvariantCulture));
        }

        foreach (var loop in Directory.EnumerateFiles(Path.Combine(State, "disks")))
        {
            await new Command("sh", "-c", "losetup --associated \"$0\" --noheadings --output NAME | xargs --no-run-if-empty losetup --detach", loop).OutputAsync(CancellationToken.None);
        }

        var mounts = (await File.ReadAllLinesAsync("/proc/self/mounts")).Select(l => l.Split(' ')[1])
            .Where(m => m.StartsWith(Cache, StringComparison.Ordinal) || m.StartsWith(new Podman(Cache).RunFolder, StringComparison.Ordinal)).Reverse();
        foreach (var mount in mounts)
        {
            await new Command("umount", "--lazy", mount).RunAsync(CancellationToken.None);
        }

        Directory.Delete(new Podman(Cache).RunFolder, recursive: true);
        foreach (var container in containers)
        {
            await new Command("rm", "-rf", $"/run/runc/{container}").OutputAsync(CancellationToken.None);
        }

        var slot = new LabSlot(int.Parse(number, CultureInfo.InvariantCulture));
        await new PacketFilter(slot).CleanAsync(CancellationToken.None);
        await new MachineWiring(slot).CleanAsync(CancellationToken.None);
        File.Delete($"{LabFolders.Shared}/slots/{number}");
    }

    /// <summary>The processes of that name that work for this lab.</summary>
    private async Task<IReadOnlyList<int>> RunningAsync(string name)
    {
        var found = new List<int>();
        foreach (var id in (await new Command("pgrep", "--exact", name).RunAsync(CancellationToken.None)).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (File.Exists($"/proc/{id}/cmdline") && (await File.ReadAllTextAsync($"/proc/{id}/cmdline")).Contains(Folder, StringComparison.Ordinal))
            {
                found.Add(int.Parse(id, CultureInfo.InvariantCulture));
            }
        }

        return found;
    }

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

    public async Task<string> StateOfAsync(Instance instance) => (await DescribeAsync(instance)).State.Name.Value;

    public async Task<Instance> DescribeAsync(Instance instance)
    {
        var answer = await Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instance.InstanceId] }, TestContext.Current.CancellationToken);
        return answer.Reservations[0].Instances[0];
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
    internal async Task<CommandResult> SshAsync(Instance instance, string command, string user = "admin", int minutes = 3)
    {
        var known = Path.Combine(Folder, $"known_hosts-{instance.InstanceId}");
        if (!File.Exists(known))
        {
            string? key = null;
            await UntilAsync(async () => (key = HostKey(await ConsoleAsync(instance))) is not null, "the console shows the host key", minutes);
            await File.WriteAllTextAsync(known, $"{instance.PublicIpAddress} {key}\n", TestContext.Current.CancellationToken);
        }

        CommandResult? result = null;
        await UntilAsync(
            async () =>
            {
                result = await new Command(
                    "ssh", "-F", "none", "-i", Record.KeyFile, "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes", "-o", $"UserKnownHostsFile={known}",
                    "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", $"{user}@{instance.PublicIpAddress}", command).RunAsync(TestContext.Current.CancellationToken);
                // 255 is ssh's own; sshd, and the address while the instance is pending, come a moment after the key.
                return result.ExitCode != 255
                    || !(result.Error.Contains("Connection refused", StringComparison.Ordinal) || result.Error.Contains("No route to host", StringComparison.Ordinal));
            },
            "sshd answers",
            minutes);
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
        // Another lab may have taken the slot once this one gave it back; what is there then is that one's.
        var owner = $"/run/linkoverflow-lab/slots/{number}";
        var isOthers = File.Exists(owner) && (await File.ReadAllLinesAsync(owner, TestContext.Current.CancellationToken))[0] != State;
        string[] marks = isOthers ? [] : [$"lolab_{number}", $"lolab{number}-", $"10.77.{number}.", $"127.77.{number}."];
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

    /// <param name="condition">Asked until it is true.</param>
    /// <param name="what">Said when it never is.</param>
    /// <param name="minutes">For how long.</param>
    /// <param name="every">Milliseconds from one asking to the next.</param>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what, int minutes = 3, int every = 50)
    {
        var deadline = DateTime.UtcNow.AddMinutes(minutes);
        while (!await condition())
        {
            (DateTime.UtcNow < deadline).ShouldBeTrue($"waited {minutes} min until {what}");
            await Task.Delay(every, TestContext.Current.CancellationToken);
        }
    }

    public static Task KillAsync(int pid) => new Command("kill", "-KILL", pid.ToString(CultureInfo.InvariantCulture)).OutputAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _ec2?.Dispose();
        if (Directory.Exists(State))
        {
            await LabAsync("stop", _ownCache is null ? "--terminate" : "--remove");
        }

        _folder.Delete(recursive: true);
    }
}
