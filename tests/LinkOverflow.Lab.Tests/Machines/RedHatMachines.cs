namespace LinkOverflow.Lab.Tests.Machines;

public sealed class RedHatMachines(RealLab lab) : IClassFixture<RealLab>
{
    [Fact]
    public async Task A_machine_of_the_RedHat_family_has_dnf_and_rpm_and_no_apt()
    {
        lab.SkipWithoutMachines();
        var instance = (await lab.RunAsync(1, r => r.ImageId = "resolve:ssm:/lab/redhat/9"))[0];
        // The image is made when a machine first asks for it.
        await RealLab.UntilAsync(async () => await lab.StateOfAsync(instance) == "running", "the machine boots from an image just made", minutes: 10);
        async Task<string> SayAsync(string command)
        {
            var said = await lab.SshAsync(instance, command, "ec2-user");
            said.ExitCode.ShouldBe(0, said.Error);
            return said.Output.Trim();
        }

        (await SayAsync(". /etc/os-release; echo $ID $VERSION_ID; rpm --query --file /etc/os-release")).ShouldBe("rhel 9.0\nlab-release-9-1.lab.noarch");
        (await SayAsync("systemctl is-system-running --wait")).ShouldBe("running");
        (await lab.SshAsync(instance, "command -v apt-get dpkg", "ec2-user")).ExitCode.ShouldBe(1);
        await SayAsync("sudo yum -y install puppet-agent");
        (await SayAsync("rpm --query --queryformat '%{NAME}' puppet-agent")).ShouldBe("puppet-agent");
        (await SayAsync("sudo puppet apply --detailed-exitcodes -e 'package { \"python3-django\": ensure => installed }' >/dev/null; echo $?; facter os.family; python3 -m django --version"))
            .ShouldStartWith("2\nRedHat\n3.2.");
        (await SayAsync("sudo dnf -y remove python3-django >/dev/null; rpm --query python3-django || true")).ShouldBe("package python3-django is not installed");
        await lab.TerminateAsync(instance);
    }
}
