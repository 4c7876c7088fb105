using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Deployments;

/// <summary>Of many who want to work on a deployment, one does; the others are told who, since when, and how to break the lock.</summary>
public sealed class DeploymentLockTests
{
    private readonly RecordedCloud _cloud = new();
    private readonly List<DeploymentEvent> _events = [];

    [Fact]
    public async Task The_second_is_told_who_holds_it_since_when_and_how_to_break_it()
    {
        await using var first = await TakeAsync();
        var error = await Should.ThrowAsync<DeployException>(() => TakeAsync());
        error.Id.ShouldBe(ErrorId.DeploymentLocked);
        error.Message.ShouldContain($"{Environment.UserName}@{Environment.MachineName}");
        error.Message.ShouldContain($"process {Environment.ProcessId}");
        error.Message.ShouldContain($"since {DateTime.UtcNow:yyyy-MM-dd}T");
        error.Message.ShouldContain("--break-lock");
        error.Message.ShouldContain("-BreakLock");
    }

    [Fact]
    public async Task Once_it_is_freed_the_next_one_gets_it_and_another_deployments_lock_is_another()
    {
        await (await TakeAsync()).DisposeAsync();
        _cloud.Groups.ShouldBeEmpty();
        await using var second = await TakeAsync();
        await using var other = await TakeAsync("site-2");
        _cloud.Groups.Count().ShouldBe(2);
    }

    [Fact]
    public async Task Of_twenty_at_once_exactly_one_gets_it()
    {
        var attempts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await TakeAsync();
            }
            catch (DeployException)
            {
                return null;
            }
        })));
        attempts.Count(a => a is not null).ShouldBe(1);
    }

    [Fact]
    public async Task It_can_be_broken_which_is_a_warning()
    {
        var first = await TakeAsync();
        await using var second = await TakeAsync(breakIt: true);
        _events.ShouldHaveSingleItem().Kind.ShouldBe(EventKind.Warning);

        // The one it was taken from frees what is no longer its own.
        await first.DisposeAsync();
        _cloud.Groups.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_lock_of_a_process_of_this_machine_that_has_ended_is_taken_over(bool sameId)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [DeploymentTags.Lock] = "site-1", [DeploymentTags.LockHolder] = $"{Environment.UserName}@{Environment.MachineName}",

            // An id that no process has, or this process's id from before it was started.
            [DeploymentTags.LockProcess] = sameId ? $"{Environment.ProcessId} 1" : $"{int.MaxValue} 1",
        };
        _cloud.HasLock("sg-dead", "linkoverflow-lock-site-1", tags);
        await using var taken = await TakeAsync();
        _events.ShouldHaveSingleItem().Message.ShouldContain("taken over");
    }

    [Fact]
    public async Task The_lock_of_another_machine_is_never_taken_over_by_itself()
    {
        _cloud.HasLock("sg-theirs", "linkoverflow-lock-site-1", new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [DeploymentTags.Lock] = "site-1", [DeploymentTags.LockHolder] = "somebody@elsewhere", [DeploymentTags.LockProcess] = $"{int.MaxValue} 1",
        });
        (await Should.ThrowAsync<DeployException>(() => TakeAsync())).Message.ShouldContain("somebody@elsewhere");
    }

    [Fact]
    public async Task What_hinders_its_freeing_is_a_warning()
    {
        var held = await TakeAsync();
        _cloud.Delete = _ => throw new DeployException(ErrorId.CloudUnreachable, "no network");
        await held.DisposeAsync();
        _events.ShouldHaveSingleItem().Message.ShouldContain("no network");
    }

    private Task<DeploymentLock> TakeAsync(string deployment = "site-1", bool breakIt = false) =>
        DeploymentLock.TakeAsync(_cloud, deployment, null, breakIt, _events.Add, TestContext.Current.CancellationToken);
}
