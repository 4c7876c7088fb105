using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>The machine of the RedHat family that comes from a registry.</summary>
public sealed class CentOSMachines(RealLab lab) : IClassFixture<RealLab>
{
    private const string Alias = "resolve:ssm:/lab/centos/9";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("quay.io/centos/centos:stream9", "quay.io")]
    [InlineData("docker://docker.io/rockylinux/rockylinux:9", "docker.io")]
    [InlineData("127.0.0.1:5000/redhat:9", "127.0.0.1:5000")]
    [InlineData("localhost/redhat:9", "localhost")]
    [InlineData("registry:5000/redhat", "registry:5000")]
    [InlineData("rockylinux/rockylinux:9", null)]
    [InlineData("oci-archive:/tmp/red.hat:9", null)]
    public void A_reference_tells_its_registry(string reference, string? registry) => PulledImage.RegistryOf(reference).ShouldBe(registry);

    [Fact]
    public async Task Without_its_registry_the_instance_says_what_was_tried_and_what_does_without()
    {
        lab.SkipWithoutMachines();
        var registry = $"127.0.0.1:{LocalRegistry.FreePort()}";
        await RestartAsync($"{registry}/centos/centos:stream9");

        var instance = (await lab.RunAsync(1, r => r.ImageId = Alias))[0];
        await lab.WaitForStateAsync(instance, "terminated");

        var reason = (await lab.DescribeAsync(instance)).StateReason;
        reason.Code.ShouldBe("Server.InternalError");
        foreach (var said in (string[])[reason.Message, await lab.ConsoleAsync(instance)])
        {
            said.ShouldContain($"the registry {registry} did not give it: podman pull {registry}/centos/centos:stream9 failed");
            said.ShouldContain("resolve:ssm:/lab/redhat/9");
            said.ShouldContain("LINKOVERFLOW_LAB_CENTOS_IMAGE");
            said.ShouldContain("connection refused");
        }

        var other = (await lab.RunAsync(1))[0];
        (await lab.SshAsync(other, "true")).ExitCode.ShouldBe(0, "the other images are none the worse for it");
        await lab.TerminateAsync(other);
    }

    [Fact]
    public async Task An_image_of_a_registry_is_pulled_prepared_and_boots_a_machine_on_which_rpm_runs()
    {
        lab.SkipWithoutMachines();
        using var registry = await RegistryAsync();
        await RestartAsync($"{registry.Address}/redhat-like/nine:9");

        var instance = (await lab.RunAsync(1, r => r.ImageId = Alias))[0];
        await RealLab.UntilAsync(async () => await lab.StateOfAsync(instance) == "running", "the machine boots from an image just pulled", minutes: 10);

        registry.Asked.ShouldContain("/v2/redhat-like/nine/manifests/9");
        (await lab.SshAsync(instance, "rpm --query --queryformat '%{NAME} %{VERSION}' lab-release; sudo dnf -q -y install puppet-agent >/dev/null && rpm --query --queryformat ' %{NAME}' puppet-agent", "ec2-user"))
            .Output.ShouldBe("lab-release 9 puppet-agent");
        (await lab.SshAsync(instance, "systemctl is-system-running --wait", "ec2-user")).Output.Trim().ShouldBe("running");
        (await ContainersAsync()).ShouldNotContain("lolab-build-centos");
        (await lab.PodmanAsync("images", "--format", "{{.Repository}}")).ShouldNotContain($"{registry.Address}/redhat-like/nine");
        await lab.TerminateAsync(instance);
    }

    [Fact]
    public async Task A_lab_that_was_killed_while_it_made_the_image_leaves_nothing_half_made_and_the_next_makes_it()
    {
        lab.SkipWithoutMachines();
        using var registry = await RegistryAsync();
        await RestartAsync($"{registry.Address}/redhat-like/nine:9");
        var first = (await lab.RunAsync(1, r => r.ImageId = Alias))[0];
        await RealLab.UntilAsync(async () => (await ContainersAsync()).Contains("lolab-build-centos"), "it is prepared", every: 10);
        await RealLab.KillAsync(lab.Record.Pid);

        await lab.StartAsync("--centos-image", $"{registry.Address}/redhat-like/nine:9");

        (await ContainersAsync()).ShouldNotContain("lolab-build-centos");
        Directory.Exists(Path.Combine(lab.Cache, "build-centos")).ShouldBeFalse();
        await lab.WaitForStateAsync(first, "terminated");
        var second = (await lab.RunAsync(1, r => r.ImageId = Alias))[0];
        await RealLab.UntilAsync(async () => await lab.StateOfAsync(second) == "running", "the next one boots", minutes: 10);
        await lab.TerminateAsync(second);
    }

    [Fact]
    public async Task CentOS_Stream_from_quay_has_its_own_dnf_and_rpm()
    {
        lab.SkipWithoutMachines();
        await SkipWithoutAsync("quay.io");
        await RestartAsync(PulledImage.DefaultReference);

        var instance = (await lab.RunAsync(1, r => r.ImageId = Alias))[0];
        await RealLab.UntilAsync(async () => await lab.StateOfAsync(instance) is "running" or "terminated", "the machine boots from an image just pulled", minutes: 15);

        (await lab.DescribeAsync(instance)).StateReason?.Message.ShouldBeNullOrEmpty();
        (await lab.SshAsync(instance, ". /etc/os-release; echo $ID $VERSION_ID; rpm --query --queryformat '%{NAME}' --file /etc/os-release", "ec2-user")).Output.ShouldBe("centos 9\ncentos-stream-release");
        (await lab.SshAsync(instance, "sudo dnf -y install tree >/dev/null && tree --version", "ec2-user", minutes: 10)).ExitCode.ShouldBe(0);
        await lab.TerminateAsync(instance);
    }

    // No image of Red Hat's makers can be assumed to be here; the lab's own has dnf and rpm, too.
    private async Task<LocalRegistry> RegistryAsync()
    {
        var podman = new Podman(lab.Cache);
        var content = await new DebianImage(Distribution.RedHat, lab.Cache, podman).PrepareAsync(TestContext.Current.TestOutputHelper!.WriteLine, Cancellation);
        return await LocalRegistry.WithAsync(podman, content, lab.Folder);
    }

    private static async Task SkipWithoutAsync(string registry)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using var answer = await http.GetAsync($"https://{registry}/v2/", Cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Assert.Skip($"{registry} cannot be reached from here: {e.Message}");
        }
    }

    private Task<string[]> ContainersAsync() => lab.PodmanAsync("ps", "--all", "--format", "{{.Names}}");

    private async Task RestartAsync(string reference)
    {
        (await lab.LabAsync("stop")).ExitCode.ShouldBe(0);
        await lab.StartAsync("--centos-image", reference);
    }
}
