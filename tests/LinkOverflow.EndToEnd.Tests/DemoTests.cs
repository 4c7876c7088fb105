using System.Text.RegularExpressions;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>The demo finds no lab, so it has to start one and to end it. A class of its own: others leave their lab running meanwhile.</summary>
[Collection(Repository.Builds)]
public sealed class DemoTests(OwnLab lab) : IClassFixture<OwnLab>
{
    [Fact]
    [Trait("Category", "Machines")]
    public async Task The_demo_serves_its_sites_and_leaves_nothing_behind()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        var demo = await lab.RunAsync("./build.sh", "demo");
        demo.ExitCode.ShouldBe(0, demo.Error + demo.Output);
        demo.Output.ShouldContain("3 of 3 sites answered 200 with the sample's page.");
        Regex.Count(demo.Output, "(?m)^linkoverflow-[123] +i-[0-9a-f]{17} +127\\.77\\.", RegexOptions.None, TimeSpan.FromSeconds(5)).ShouldBe(3);
        (await lab.RunAsync("dotnet", "bin/lab/LinkOverflow.Lab.dll", "status")).ExitCode.ShouldBe(3, "the demo's lab still runs");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("6")]
    public async Task A_count_outside_the_range_is_refused_before_anything_is_done(string count)
    {
        var demo = await lab.RunAsync("./build.sh", "demo", "--count", count);
        demo.ExitCode.ShouldBe(2);
        demo.Error.ShouldContain($"--count {count} is not within 1-5");
        demo.Output.ShouldBeEmpty();
    }
}
