using System.Diagnostics;
using System.Globalization;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Runs of <c>launch</c> that end in their midst, against the lab: what they leave is told by its tags, and is gone on with or removed.</summary>
[Trait("Category", "Machines")]
public sealed class EndedRunTests : IClassFixture<LabEc2>, IAsyncLifetime
{
    private readonly LabEc2 _lab;
    private readonly TemporaryFolder _folder = new();
    private Ec2Cloud? _cloud;

    public EndedRunTests(LabEc2 lab)
    {
        _lab = lab;
        _folder.Write("site.pp", "");
        _folder.Write("site/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Inventory Inventory => new(_cloud!, _lab.Settings, null);

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(_lab.Missing is not null, _lab.Missing ?? "");
        _cloud = _lab.Cloud();
        _folder.Write("instance.config", $"[EC2]\nImageID = {_lab.Image}\nInstanceType = t3.micro\n[Puppet]\nPuppetConfigFile = site.pp\n");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_cloud is not null)
        {
            await _lab.ClearFaultsAsync();
            await RemoveAllAsync();
            _cloud.Dispose();
        }

        _folder.Dispose();
    }

    // KILL is kill -9, HUP what a terminal that is closed sends, INT Ctrl+C, TERM what a machine sends that is shut down.
    [Theory]
    [InlineData("CreateSecurityGroup", 1, "KILL")]
    [InlineData("CreateSecurityGroup", 3, "KILL")]
    [InlineData("AuthorizeSecurityGroupIngress", 1, "KILL")]
    [InlineData("RunInstances", 2, "KILL")]
    [InlineData("GetConsoleOutput", 1, "KILL")]
    [InlineData("AuthorizeSecurityGroupIngress", 1, "HUP")]
    [InlineData("RunInstances", 2, "HUP")]
    [InlineData("GetConsoleOutput", 1, "HUP")]
    [InlineData("RunInstances", 2, "INT")]
    [InlineData("GetConsoleOutput", 1, "INT")]
    [InlineData("RunInstances", 2, "TERM")]
    public async Task A_run_leaves_nothing_that_its_tags_do_not_tell(string action, int count, string signal)
    {
        await _lab.TakeCallsAsync();
        await EndAsync(async () => (await _lab.CallsAsync()).GetValueOrDefault(action) >= count, signal, "2");
        var made = (await GroupsAsync()).Where(g => g.GroupName != "default").ToArray();
        made.Where(g => !(g.Tags ?? []).Exists(t => t.Key is DeploymentTags.Deployment or DeploymentTags.Lock)).Select(g => g.GroupName).ShouldBeEmpty();
        if (signal != "KILL")
        {
            made.ShouldNotContain(g => g.Tags.Exists(t => t.Key == DeploymentTags.Lock), "whoever is told to end frees the lock");
        }

        await RemoveAllAsync();
        (await InstancesAsync()).ShouldAllBe(i => i.State.Name.Value == "terminated");
        (await GroupsAsync()).ShouldAllBe(g => g.GroupName == "default");
    }

    [Fact]
    public async Task A_run_whose_terminal_is_closed_frees_its_lock()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "There is no script(1), which is a terminal (Debian: bsdutils).");
        await _lab.TakeCallsAsync();
        var command = string.Join(' ', ((string[])["dotnet", .. Words("1")]).Select(ShellText.Quote));
        using (var terminal = Process.Start(new ProcessStartInfo("/usr/bin/script", ["--quiet", "--return", "--command", $"exec {command}", "/dev/null"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false,
        })!)
        {
            var said = terminal.StandardOutput.ReadToEndAsync(Cancellation);
            await UntilAsync(async () => terminal.HasExited || (await _lab.CallsAsync()).GetValueOrDefault("GetConsoleOutput") >= 1);
            terminal.HasExited.ShouldBeFalse(terminal.HasExited ? await said : null);

            // The terminal is gone in a moment, and whoever runs there is told by SIGHUP and can write there no more.
            terminal.Kill();
            await terminal.WaitForExitAsync(Cancellation);
        }

        await UntilAsync(async () => !(await GroupsAsync()).Exists(g => (g.Tags ?? []).Exists(t => t.Key == DeploymentTags.Lock)));
        (await Inventory.DeploymentsAsync(null, Cancellation)).ShouldHaveSingleItem().Instances.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_run_that_is_killed_before_it_has_named_its_instances_loses_none_and_a_resumption_names_them()
    {
        // EC2 lets nobody set a tag until the run is dead.
        await _lab.FaultAsync("throttle", "--action", "CreateTags", "--seconds", "3600");
        await _lab.TakeCallsAsync();
        await EndAsync(async () => (await _lab.CallsAsync()).GetValueOrDefault("CreateTags") >= 1, "KILL", "2");
        await _lab.ClearFaultsAsync();

        var found = (await Inventory.DeploymentsAsync(null, Cancellation)).ShouldHaveSingleItem();
        (await NamesAsync(found.Deployment)).ShouldBe(["site", "site"]);
        found.Instances.Select(i => i.Name).ShouldBe(["site-1", "site-2"], "the names follow from the other tags");

        await EndAsync(
            async () => (await NamesAsync(found.Deployment)).All(n => n != "site"), "KILL", "--resume", found.Deployment);
        (await NamesAsync(found.Deployment)).ShouldBe(["site-1", "site-2"]);
        var again = (await Inventory.DeploymentsAsync(null, Cancellation)).ShouldHaveSingleItem();
        again.Instances.Select(i => (i.Name, i.InstanceId)).ShouldBe(found.Instances.Select(i => (i.Name, i.InstanceId)));
        (await new Removal(_cloud!).RemoveAsync(found.Deployment, Cancellation)).ShouldBe(found.Instances.Select(i => i.InstanceId), ignoreOrder: true);
    }

    /// <summary>Starts <c>launch</c> and sends it a signal at some moment, unless it has ended before; then it has to end.</summary>
    private async Task EndAsync(Func<Task<bool>> moment, string signal, params string[] arguments)
    {
        using var launch = Process.Start(new ProcessStartInfo("dotnet", Words(arguments)) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = launch.StandardError.ReadToEndAsync(Cancellation);
        var output = launch.StandardOutput.ReadToEndAsync(Cancellation);
        await UntilAsync(async () => launch.HasExited || await moment());
        launch.HasExited.ShouldBeFalse(launch.HasExited ? await said + await output : null);
        using var kill = Process.Start("kill", ["-s", signal, launch.Id.ToString(CultureInfo.InvariantCulture)]);
        await launch.WaitForExitAsync(Cancellation);
        await Task.WhenAll(said, output);

        // What was asked of EC2 before may still be under way there.
        for (var (before, calm) = (-1, 0); calm < 3; calm++)
        {
            var there = (await GroupsAsync()).Count + (await InstancesAsync()).Count();
            (before, calm) = (there, there == before ? calm : 0);
            await Task.Delay(300, Cancellation);
        }
    }

    private string[] Words(params string[] arguments) =>
    [
        Path.Combine(AppContext.BaseDirectory, "launch.dll"), Path.Combine(_folder.Path, "site"), .. arguments,
        "--aws-settings", _lab.Settings.File, "--instance-config", Path.Combine(_folder.Path, "instance.config"),
    ];

    private static async Task UntilAsync(Func<Task<bool>> moment)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(3));
        while (!await moment())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private async Task RemoveAllAsync()
    {
        foreach (var found in await Inventory.DeploymentsAsync(null, CancellationToken.None))
        {
            await new Removal(_cloud!).RemoveAsync(found.Deployment, CancellationToken.None);
        }
    }

    private async Task<string[]> NamesAsync(string deployment) =>
    [
        .. (await _cloud!.DescribeInstancesByTagAsync(DeploymentTags.Deployment, deployment, Cancellation))
            .Select(i => i.Tags[DeploymentTags.Name]).Order(StringComparer.Ordinal),
    ];

    private async Task<List<SecurityGroup>> GroupsAsync() =>
        (await AwsClients.For(_lab.Settings).Ec2.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest(), Cancellation)).SecurityGroups;

    private async Task<IEnumerable<Instance>> InstancesAsync() =>
        ((await AwsClients.For(_lab.Settings).Ec2.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancellation)).Reservations ?? []).SelectMany(r => r.Instances);
}
