using System.Text.Json;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

/// <summary>The lab's program as a user who is not root, or on a machine without what it needs.</summary>
public sealed class WithoutRoot(RealLab lab) : IClassFixture<RealLab>
{
    // Debian's nobody.
    private const string User = "65534";
    private static readonly string Program = typeof(LabRecord).Assembly.Location;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("start")]
    [InlineData("start", "--detach")]
    [InlineData("check")]
    public async Task A_user_without_what_the_lab_needs_is_refused_with_why_and_the_way_out_and_nothing_changes(params string[] command)
    {
        await SkipWithoutUserAsync();
        var state = Path.Combine(lab.Folder, "never");

        var refused = await AsUserAsync([.. command, .. command[0] == "check" ? Array.Empty<string>() : ["--state", state]]);

        refused.ExitCode.ShouldBe(1);
        var words = refused.Output + refused.Error;
        words.ShouldContain("has 0 ids in /etc/subuid");
        words.ShouldMatch("sudo usermod --add-subuids [0-9]+-[0-9]+ --add-subgids [0-9]+-[0-9]+ ");
        words.ShouldContain("use sudo");
        words.ShouldNotContain("On Debian: ", customMessage: "nothing that a package brings is missing");
        Directory.Exists(state).ShouldBeFalse();
    }

    [Fact]
    public async Task Programs_that_are_missing_are_named_with_what_they_are_for_and_their_packages()
    {
        lab.SkipWithoutMachines();
        var dotnet = Environment.ProcessPath!;
        Assert.SkipUnless(Path.GetFileName(dotnet) == "dotnet", "the tests do not run by dotnet");

        // The lab adds /usr/sbin and /sbin, where runc and nft are.
        var check = await new Command("env", "PATH=/nonexistent", dotnet, Program, "check").RunAsync(Cancellation);
        var json = await new Command("env", "PATH=/nonexistent", dotnet, Program, "check", "--json").RunAsync(Cancellation);

        check.ExitCode.ShouldBe(1);
        check.Output.ShouldContain("podman: runs the machines (Debian package podman)");
        check.Output.ShouldMatch(@"On Debian: apt-get install .*\bpodman\b.*\bmmdebstrap\b");
        using var answer = JsonDocument.Parse(json.Output);
        answer.RootElement.GetProperty("ok").GetBoolean().ShouldBeFalse();
        answer.RootElement.GetProperty("missing").EnumerateArray().Select(m => m.GetProperty("name").GetString()).ShouldContain("mmdebstrap");
    }

    [Fact]
    public async Task Looking_at_a_lab_and_asking_it_for_faults_needs_no_more_than_its_state_folder()
    {
        await SkipWithoutUserAsync();
        await new Command("chmod", "go+x", lab.Folder).OutputAsync(Cancellation);
        string[] own = [lab.State, .. ((string[])["lab.lock", "lab.json", "credentials.json"]).Select(f => Path.Combine(lab.State, f))];
        await new Command("chown", [User, .. own]).OutputAsync(Cancellation);
        try
        {
            async Task<string> AskAsync(params string[] command)
            {
                var answer = await AsUserAsync([.. command, "--state", lab.State]);
                answer.ExitCode.ShouldBe(0, $"{command[0]}: {answer.Output}{answer.Error}");
                return answer.Output;
            }

            (await AskAsync("status")).ShouldContain(lab.Record.Endpoint);
            (await AskAsync("fault", "add", "throttle", "--action", "DescribeRegions")).ShouldContain("fault-1");
            (await AskAsync("fault", "list")).ShouldContain("throttle");
            await AskAsync("fault", "clear");
            await AskAsync("calls", "--reset");
            var stop = await AsUserAsync("stop", "--state", lab.State);
            stop.ExitCode.ShouldBe(1);
            stop.Error.ShouldContain("needs root; use sudo");
            (await lab.LabAsync("status")).ExitCode.ShouldBe(0);
        }
        finally
        {
            await new Command("chown", ["0", .. own]).OutputAsync(CancellationToken.None);
        }
    }

    private async Task SkipWithoutUserAsync()
    {
        lab.SkipWithoutMachines();
        var reads = await new Command("setpriv", "--reuid", User, "--regid", User, "--clear-groups", "test", "-r", Program).RunAsync(Cancellation);
        Assert.SkipUnless(reads.ExitCode == 0, "another user cannot read the lab's program where it lies");
    }

    private static Task<CommandResult> AsUserAsync(params string[] command) => new Command(
        "setpriv", ["--reuid", User, "--regid", User, "--clear-groups", "env", "HOME=/nonexistent", "dotnet", Program, .. command]).RunAsync(Cancellation);
}
