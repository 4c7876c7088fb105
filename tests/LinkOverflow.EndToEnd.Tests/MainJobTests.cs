using System.Text.Json;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>The main job on real machines: EC2's protocol, sshd, systemd, apt, Puppet and Django as they are.</summary>
[Trait("Category", "Machines")]
public sealed class MainJobTests(OwnLab lab) : IClassFixture<OwnLab>
{
    private const string BadUrl = "http://bleh.invalid/puppet.deb";

    [Fact]
    public async Task Two_instances_end_healthy_and_are_what_was_asked_for()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var launch = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "2", "--lab", "--json");
        launch.ExitCode.ShouldBe(0, launch.Error);
        using var result = JsonDocument.Parse(launch.Output);
        var instances = result.RootElement.GetProperty("instances").EnumerateArray().ToArray();
        instances.Length.ShouldBe(2);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        foreach (var instance in instances)
        {
            string Text(string name) => instance.GetProperty(name).GetString()!;
            Text("stage").ShouldBe("Healthy");
            Text("instanceType").ShouldBe("t3.small");
            Text("imageId").ShouldStartWith("ami-");

            // The page names the instance that served it.
            var page = await http.GetStringAsync(new Uri(Text("url")), TestContext.Current.CancellationToken);
            page.ShouldContain("LinkOverflow");
            page.ShouldContain(Text("instanceId"));
            var health = await http.GetStringAsync(new Uri(Text("url") + "health"), TestContext.Current.CancellationToken);
            using var state = JsonDocument.Parse(health);
            state.RootElement.GetProperty("database").GetString().ShouldBe("ok");
            state.RootElement.GetProperty("release").GetString().ShouldBe(Text("release"));

            // The login command that people get works, and shows a Debian with Django, served under its own user.
            var look = "set -e; . /etc/os-release; echo $ID; python3 -m django --version; sudo systemctl is-active django-linkoverflow; ps -o user= -p $(systemctl show --property MainPID --value django-linkoverflow); ls -d /srv/linkoverflow/shared/db.sqlite3";
            var login = await lab.RunAsync("bash", "-c", $"{Text("loginCommand")} -o BatchMode=yes {Quote("sudo bash -c " + Quote(look))}");
            login.ExitCode.ShouldBe(0, login.Error);
            var lines = login.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            lines.ShouldBe(["debian", lines[1], "active", "linkoverflow", "/srv/linkoverflow/shared/db.sqlite3"]);
            lines[1].ShouldStartWith("3.2.");
        }
    }

    [Fact]
    public async Task An_instance_of_the_RedHat_family_is_served_from_rpms()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        await WithConfigAsync(
            text => text.Replace("/aws/service/debian/release/12/latest/amd64", "/lab/redhat/9", StringComparison.Ordinal)
                .Replace("SshUser = admin", "SshUser = ec2-user\n# The image is made when a machine first asks for it.\nBootTimeout = 900", StringComparison.Ordinal),
            async config =>
            {
                var launch = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "1", "--lab", "--json", "--instance-config", config);
                launch.ExitCode.ShouldBe(0, launch.Error);
                using var result = JsonDocument.Parse(launch.Output);
                var instance = result.RootElement.GetProperty("instances")[0];
                instance.GetProperty("stage").GetString().ShouldBe("Healthy");
                var look = "rpm --query --queryformat '%{NAME}\\n' puppet-agent python3-django python3-gunicorn; sudo systemctl is-active django-linkoverflow";
                var login = await lab.RunAsync("bash", "-c", $"{instance.GetProperty("loginCommand").GetString()} -o BatchMode=yes {Quote(look)}");
                login.ExitCode.ShouldBe(0, login.Error);
                login.Output.ShouldBe("puppet-agent\npython3-django\npython3-gunicorn\nactive\n");
            });
    }

    [Fact]
    public async Task An_unreachable_PuppetURL_fails_its_host_with_the_hosts_own_words()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        await WithConfigAsync(
            text => text.Replace("PuppetURL =", $"PuppetURL = {BadUrl}", StringComparison.Ordinal),
            async config =>
            {
                var launch = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "1", "--lab", "--instance-config", config);
                launch.ExitCode.ShouldBe(1, launch.Error);
                launch.Error.ShouldContain("[PuppetInstallFailed]");
                launch.Error.ShouldContain(BadUrl);
                launch.Error.ShouldContain("bleh.invalid", Case.Sensitive);
                launch.Output.ShouldContain("0 of 1 healthy");
            });
    }

    /// <summary>Hands over a copy of instance.config that was changed.</summary>
    private static async Task WithConfigAsync(Func<string, string> change, Func<string, Task> use)
    {
        var config = Path.GetTempFileName();
        try
        {
            var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "instance.config"), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(
                config,
                change(text).Replace("puppet/linkoverflow.pp", Path.Combine(Repository.Root, "puppet/linkoverflow.pp"), StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
            await use(config);
        }
        finally
        {
            File.Delete(config);
        }
    }

    private static string Quote(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
