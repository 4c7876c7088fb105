namespace LinkOverflow.Lab.Tests.Machines;

public sealed class ManyMachines(RealLab lab) : IClassFixture<RealLab>
{
    [Fact]
    public async Task Fifty_machines_launched_at_once_can_each_be_logged_in_to()
    {
        lab.SkipWithoutMachines();

        var instances = await lab.RunAsync(50);

        // Ten seconds where nothing else is done; where the computer is shared by many it is as many times that.
        var names = await Task.WhenAll(instances.Select(async i => (await lab.SshAsync(i, "hostname", minutes: 10)).Output.Trim()));
        names.ShouldBe(instances.Select(i => $"ip-{i.PrivateIpAddress.Replace('.', '-')}"));
        await lab.TerminateAsync(instances);
    }
}
