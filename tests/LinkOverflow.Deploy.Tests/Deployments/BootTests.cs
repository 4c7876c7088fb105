using System.Collections.Concurrent;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Remote;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Between a launch and the first login: what is waited for, what an instance that fails says, and how hosts prove their keys to it.</summary>
[Collection(SharedConnections.Name)]
public sealed class BootTests(LocalSshd sshd) : IClassFixture<LocalSshd>, IDisposable
{
    private readonly RecordedCloud _cloud = new();
    private readonly ConcurrentQueue<DeploymentEvent> _events = new();
    private readonly HashSet<string> _deployments = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var folder in _deployments.Select(d => Path.GetDirectoryName(HostKeys.KnownHostsFile(d))!).Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_instance_that_never_runs_is_unreachable_and_the_error_says_what_was_waited_for()
    {
        var error = await UnreachableAsync();
        error.Message.ShouldContain("site-1 (i-1) was not reachable within 300 s; it was waited for EC2 to run it. EC2 has no console output of it.");
        error.Problems[0].Fix!.ShouldContain("BootTimeout");
    }

    [Fact]
    public async Task An_instance_that_tells_no_host_key_is_unreachable_and_its_consoles_last_lines_are_shown()
    {
        Runs("127.0.0.1");
        _cloud.Console = _ => string.Join("\r\n", Enumerable.Range(1, 40).Select(n => $"\u001b[31mline {n}"));
        var error = await UnreachableAsync();
        error.Message.ShouldContain("waited for its host key on the console");
        error.Message.ShouldContain($"The last lines of its console:{Environment.NewLine}[31mline 29");
        error.Message.ShouldContain("line 40");
        error.Message.ShouldNotContain("line 28");
    }

    [Fact]
    public async Task An_instance_that_ends_while_booting_is_reported_with_its_reason_and_its_last_words()
    {
        _cloud.Describe = i => i with { State = "terminated", StateReason = "Client.VolumeLimitExceeded: Volume limit exceeded" };
        _cloud.Console = _ => "Kernel panic\n";
        var error = await UnreachableAsync();
        error.Message.ShouldContain("ended while it was booting: it is terminated, Client.VolumeLimitExceeded");
        error.Message.ShouldContain("Kernel panic");
    }

    [Fact]
    public async Task An_instance_that_ends_while_its_host_key_is_awaited_is_reported_with_its_reason()
    {
        var asked = 0;
        _cloud.Describe = i => Interlocked.Increment(ref asked) < 2
            ? i with { State = "running", PublicIp = "127.0.0.1" }
            : i with { State = "terminated", StateReason = "Server.SpotInstanceTermination" };
        (await UnreachableAsync()).Message.ShouldContain("Server.SpotInstanceTermination");
    }

    [Fact]
    public async Task An_instance_that_EC2_shows_only_after_a_while_is_no_error()
    {
        var since = DateTime.UtcNow;
        _cloud.Describe = i => DateTime.UtcNow - since < TimeSpan.FromSeconds(0.5) ? null : i with { State = "terminated", StateReason = "seen in the end" };
        (await UnreachableAsync()).Message.ShouldContain("seen in the end");
    }

    [Fact]
    public async Task An_instance_that_EC2_does_not_show_a_minute_after_its_launch_is_unreachable()
    {
        _cloud.Describe = _ => null;
        (await UnreachableAsync()).Message.ShouldContain("EC2 does not show i-1, 60 s after its launch");
    }

    [Fact]
    public async Task EC2_out_of_order_for_a_while_ends_no_wait()
    {
        var asked = 0;
        _cloud.Describe = i => Interlocked.Increment(ref asked) switch
        {
            1 => throw Plans.Refusal("RequestLimitExceeded", ErrorId.CloudError, transient: true),
            2 => throw Plans.Refusal("", ErrorId.CloudUnreachable, transient: true),
            _ => i with { State = "terminated", StateReason = "seen in the end" },
        };
        (await UnreachableAsync()).Message.ShouldContain("seen in the end");
    }

    [Fact]
    public async Task Credentials_that_end_meanwhile_end_the_wait()
    {
        _cloud.Describe = _ => throw Plans.Refusal("ExpiredToken", ErrorId.CredentialsRejected);
        var (provisioning, launched) = await LaunchAsync(Plans.Of());
        var error = await Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromMinutes(5), Cancellation));
        error.Id.ShouldBe(ErrorId.CredentialsRejected);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_as_cancelled_and_not_as_unreachable()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var (provisioning, launched) = await LaunchAsync(Plans.Of());
        stop.CancelAfter(TimeSpan.FromMilliseconds(200));
        await Should.ThrowAsync<OperationCanceledException>(() => provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromDays(1), stop.Token));
    }

    [Fact]
    public async Task Each_instance_is_named_even_where_EC2_does_not_know_its_id_at_first()
    {
        var unknown = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        _cloud.Tag = id => _ = unknown.AddOrUpdate(id, 1, (_, asked) => asked + 1) < 3 ? throw Plans.Refusal("InvalidInstanceID.NotFound", ErrorId.CloudError) : 0;
        _cloud.Describe = i => i with { State = "pending" };
        var (provisioning, launched) = await LaunchAsync(Plans.Of(3));
        await Task.WhenAll(launched.Select(i => Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(i, TimeSpan.FromMinutes(5), Cancellation))));
        _cloud.About("CreateTags").GroupBy(t => t, StringComparer.Ordinal).Select(t => (t.Key, t.Count())).Order()
            .ShouldBe([("i-1 Name=site-1", 3), ("i-2 Name=site-2", 3), ("i-3 Name=site-3", 3)]);
        _events.ShouldNotContain(e => e.Kind == EventKind.Warning);
    }

    [Fact]
    public async Task An_id_that_EC2_does_not_know_a_minute_after_the_launch_is_told_as_what_could_not_be_named()
    {
        _cloud.Tag = _ => throw Plans.Refusal("InvalidInstanceID.NotFound", ErrorId.CloudError);
        _cloud.Describe = i => i with { State = "pending" };
        var (provisioning, launched) = await LaunchAsync(Plans.Of(2));
        await Task.WhenAll(launched.Select(i => Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(i, TimeSpan.FromMinutes(5), Cancellation))));
        var warnings = _events.Where(e => e.Kind == EventKind.Warning).Select(e => e.Message).ToArray();
        warnings.Length.ShouldBe(2);
        warnings.ShouldAllBe(w => w.StartsWith("its Name tag could not be set: ") && w.Contains("InvalidInstanceID.NotFound") && w.Contains("r-1"));
    }

    [Fact]
    public async Task The_host_key_on_the_console_is_the_one_that_the_host_has_to_present()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        _cloud.Console = Keys(await sshd.PublicKeyAsync("host"));
        var instance = await ReachAsync(HostKeyPolicy.Console);
        instance.Stage.ShouldBe(Stage.Reachable);
        instance.HostKey.ShouldBe(await sshd.PublicKeyAsync("host"));
        instance.State.ShouldBe("running");
    }

    [Fact]
    public async Task A_console_of_an_instance_that_EC2_does_not_know_at_first_is_asked_for_again()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        var keys = Keys(await sshd.PublicKeyAsync("host"));
        var asked = 0;
        _cloud.Console = id => Interlocked.Increment(ref asked) < 3 ? throw Plans.Refusal("InvalidInstanceID.NotFound", ErrorId.CloudError) : keys(id);
        (await ReachAsync(HostKeyPolicy.Console)).Stage.ShouldBe(Stage.Reachable);
        asked.ShouldBe(3);
    }

    [Fact]
    public async Task A_host_with_another_key_than_its_console_told_is_refused()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        _cloud.Console = Keys(await sshd.PublicKeyAsync("other"));
        var error = await Should.ThrowAsync<DeployException>(() => ReachAsync(HostKeyPolicy.Console));
        error.Id.ShouldBe(ErrorId.HostKeyMismatch);
        error.Message.ShouldContain("presented another host key than i-1 printed to its console");
    }

    [Fact]
    public async Task Trust_on_first_use_asks_for_no_console_and_remembers_what_it_saw()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        var instance = await ReachAsync(HostKeyPolicy.TrustOnFirstUse);
        instance.HostKey.ShouldBe(await sshd.PublicKeyAsync("host"));
        _cloud.About("GetConsoleOutput").ShouldBeEmpty();
        (await HostKeys.ReadAsync(HostKeys.KnownHostsFile(instance.Deployment), instance.InstanceId, Cancellation)).ShouldBe([await sshd.PublicKeyAsync("host")]);
        await SshConnections.CloseAllAsync();

        // And from then on nothing else will do.
        await HostKeys.RememberAsync(HostKeys.KnownHostsFile(instance.Deployment), instance.InstanceId, [await sshd.PublicKeyAsync("other")], Cancellation);
        var error = await Should.ThrowAsync<DeployException>(() => SshConnections.GetAsync(instance.Ssh(), Cancellation));
        error.Id.ShouldBe(ErrorId.HostKeyMismatch);
        error.Message.ShouldContain("did at the first login");
    }

    [Fact]
    public async Task Known_hosts_lets_in_nobody_whom_the_users_own_files_do_not_know()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        var error = await Should.ThrowAsync<DeployException>(() => ReachAsync(HostKeyPolicy.KnownHosts));
        error.Id.ShouldBe(ErrorId.HostKeyMismatch);
        error.Message.ShouldContain("a host key that your known_hosts files do not hold");
        error.Message.ShouldNotContain("debug1");
        _cloud.About("GetConsoleOutput").ShouldBeEmpty();
    }

    [Fact]
    public async Task Known_hosts_lets_in_a_host_whose_key_the_users_own_files_hold_and_tells_which_that_was()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        await using var known = await UsersKnownHosts.WithAsync(sshd.Address, await sshd.PublicKeyAsync("host"));
        var instance = await ReachAsync(HostKeyPolicy.KnownHosts);
        instance.Stage.ShouldBe(Stage.Reachable);
        instance.HostKey.ShouldBe(await sshd.PublicKeyAsync("host"));
        _cloud.About("GetConsoleOutput").ShouldBeEmpty();

        // The deployment's own known_hosts has it from then on, so that later steps and Get-LOInstance can go by it.
        var inventory = new Inventory(_cloud, Plans.Aws, null) { HostKeyPolicy = HostKeyPolicy.KnownHosts };
        (await inventory.WithHostKeyAsync(instance with { HostKey = null }, Cancellation)).HostKey.ShouldBe(instance.HostKey);
    }

    [Fact]
    public async Task Known_hosts_with_another_key_of_the_host_refuses_it()
    {
        SkipWithoutSshd();
        Runs(sshd.Address);
        await using var known = await UsersKnownHosts.WithAsync(sshd.Address, await sshd.PublicKeyAsync("other"));
        var error = await Should.ThrowAsync<DeployException>(() => ReachAsync(HostKeyPolicy.KnownHosts));
        error.Id.ShouldBe(ErrorId.HostKeyMismatch);
        error.Message.ShouldNotContain("debug1");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public async Task Waiting_costs_less_than_a_call_in_two_seconds_for_one_instance_as_for_200(int count)
    {
        // They run, answer on their SSH port and tell no host key: everything is waited for at once.
        SkipWithoutSshd();
        Runs(sshd.Address);
        var time = new FastTime(60);
        var (provisioning, launched) = await LaunchAsync(Plans.Of(count), time);
        var waiting = Task.WhenAll(launched.Select(i => Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(i, TimeSpan.FromMinutes(15), Cancellation))));

        // A new instance is news for a while; what follows is the steady state.
        await Task.Delay(TimeSpan.FromMinutes(4), time, Cancellation);
        var from = time.GetUtcNow();
        var before = _cloud.Calls.Count;
        await Task.Delay(TimeSpan.FromMinutes(8), time, Cancellation);
        var calls = _cloud.Calls.Count - before;
        var seconds = (time.GetUtcNow() - from).TotalSeconds;
        calls.ShouldBeGreaterThan(0);
        (calls / seconds).ShouldBeLessThanOrEqualTo(0.5, $"{calls} calls in {seconds:0} s");
        await waiting;
    }

    [Fact]
    public async Task Deployments_that_wait_at_the_same_time_share_each_question()
    {
        var (one, first) = await LaunchAsync(Plans.Of(2));
        var (two, second) = await LaunchAsync(Plans.Of(2));
        await Task.WhenAll(
            [.. first.Select(i => Should.ThrowAsync<DeployException>(() => one.WaitUntilReachableAsync(i, TimeSpan.FromMinutes(5), Cancellation))),
             .. second.Select(i => Should.ThrowAsync<DeployException>(() => two.WaitUntilReachableAsync(i, TimeSpan.FromMinutes(5), Cancellation)))]);
        _cloud.About("DescribeInstances").ShouldContain(ids => ids.Split(' ').Length == 4);
        _cloud.About("DescribeInstances").Count(ids => ids.Split(' ').Length < 4).ShouldBeLessThan(4);
    }

    private async Task<DeployException> UnreachableAsync()
    {
        var (provisioning, launched) = await LaunchAsync(Plans.Of());
        var error = await Should.ThrowAsync<DeployException>(() => provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromMinutes(5), Cancellation));
        error.Id.ShouldBe(ErrorId.InstanceUnreachable);
        return error;
    }

    private async Task<LOInstance> ReachAsync(HostKeyPolicy policy)
    {
        var plan = Plans.Of() with
        {
            HostKeyPolicy = policy, Settings = Plans.Aws with { KeyFile = sshd.KeyFile }, Config = Plans.Config with { SshUser = Environment.UserName },
        };
        var (provisioning, launched) = await LaunchAsync(plan, TimeProvider.System);
        try
        {
            return await provisioning.WaitUntilReachableAsync(launched[0], TimeSpan.FromMinutes(1), Cancellation);
        }
        finally
        {
            await SshConnections.CloseAllAsync();
        }
    }

    private async Task<(Provisioning Provisioning, IReadOnlyList<LOInstance> Launched)> LaunchAsync(DeploymentPlan plan, TimeProvider? time = null)
    {
        _deployments.Add(plan.Deployment);
        var provisioning = new Provisioning(_cloud, _events.Enqueue, time ?? new FastTime(100));
        return (provisioning, await provisioning.LaunchAsync(plan, Cancellation));
    }

    private void Runs(string address) => _cloud.Describe = i => i with { State = "running", PublicIp = address };

    private static Func<string, string> Keys(string key) => _ => $"-----BEGIN SSH HOST KEY KEYS-----\n{key} root@host\n-----END SSH HOST KEY KEYS-----\n";

    private void SkipWithoutSshd() => Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
}
