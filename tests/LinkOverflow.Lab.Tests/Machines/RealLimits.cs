using Amazon.EC2.Model;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RealLimits(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Limits_of_memory_and_processors_are_those_of_the_type_also_of_a_new_one()
    {
        lab.SkipWithoutMachines();
        var small = (await lab.RunAsync(1, r => r.InstanceType = "t2.small"))[0];
        await lab.WaitForStateAsync(small, "running");
        (await LimitsAsync(small)).ShouldBe($"{2048L * 1024 * 1024} 100000");

        var stopped = new StopInstancesRequest { InstanceIds = [small.InstanceId] };
        await lab.Ec2.StopInstancesAsync(stopped, Cancellation);
        await lab.WaitForStateAsync(small, "stopped");
        await lab.Ec2.ModifyInstanceAttributeAsync(new ModifyInstanceAttributeRequest { InstanceId = small.InstanceId, InstanceType = "t2.micro" }, Cancellation);
        await lab.Ec2.StartInstancesAsync(new StartInstancesRequest { InstanceIds = [small.InstanceId] }, Cancellation);
        await lab.WaitForStateAsync(small, "running");

        (await LimitsAsync(small)).ShouldBe($"{1024L * 1024 * 1024} 100000");
        await lab.TerminateAsync(small);
    }

    private async Task<string> LimitsAsync(Instance instance)
    {
        // cgroup v2 has both below one folder, v1 below one for each.
        const string Look = """
            if [ -f /sys/fs/cgroup/memory.max ]; then cat /sys/fs/cgroup/memory.max; cut -d' ' -f1 /sys/fs/cgroup/cpu.max
            else cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/cpu/cpu.cfs_quota_us; fi
            """;
        return (await lab.SshAsync(instance, Look)).Output.Trim().Replace('\n', ' ');
    }
}
