using System.Text.RegularExpressions;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>The commands of README.md do what it says. Its PowerShell is run by tests/module/Readme.Tests.ps1.</summary>
public sealed partial class ReadmeTests(OwnLab lab) : IClassFixture<OwnLab>
{
    // What README.md shows, and what is run for it.
    private static readonly Dictionary<string, string?> Commands = new(StringComparer.Ordinal)
    {
        ["./build.sh demo"] = nameof(DemoTests.The_demo_serves_its_sites_and_leaves_nothing_behind),
        ["./build.sh test"] = null,
        ["./build.sh build"] = null,
        ["bin/launch/launch samples/linkoverflow 3 --lab"] = nameof(Launch_delivers_what_the_readme_says),
        ["bin/launch/launch --help"] = nameof(Help_explains_every_option),
    };

    [Fact]
    public void Every_shell_command_of_the_readme_is_known_here()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));
        var shown = ShellBlock().Matches(readme).SelectMany(m => m.Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).ToArray();

        // The two without a test are what runs the tests.
        shown.Order(StringComparer.Ordinal).ShouldBe(Commands.Keys.Order(StringComparer.Ordinal), "README.md and this test have to know the same commands.");
    }

    [Fact]
    public async Task Help_explains_every_option()
    {
        var help = await lab.RunAsync("bin/launch/launch", "--help");
        help.ExitCode.ShouldBe(0);
        foreach (var option in (string[])["--aws-settings", "--instance-config", "--lab", "--minimum", "--json", "--check", "--remove", "--verbose"])
        {
            help.Output.ShouldContain(option);
        }
    }

    [Fact]
    [Trait("Category", "Machines")]
    public async Task Launch_delivers_what_the_readme_says()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var launch = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "3", "--lab");
        launch.ExitCode.ShouldBe(0, launch.Error + launch.Output);
        launch.Output.ShouldContain("3 of 3 healthy");

        // The command to remove it is printed, and removes it.
        var deployment = DeploymentId().Match(launch.Output).Value;
        launch.Error.ShouldContain($"launch --remove {deployment} --lab");
        var remove = await lab.RunAsync("bin/launch/launch", "--remove", deployment, "--lab");
        remove.ExitCode.ShouldBe(0, remove.Error);
        remove.Error.ShouldContain($"Removed 3 instance(s) of {deployment}");
    }

    [GeneratedRegex("```sh\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("linkoverflow-[0-9a-f]{8}", RegexOptions.None, matchTimeoutMilliseconds: 5000)]
    private static partial Regex DeploymentId();
}
