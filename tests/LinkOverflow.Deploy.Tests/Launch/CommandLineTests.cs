using LinkOverflow.Launch;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>What <c>launch</c> says of its arguments; nothing is started by any of these.</summary>
[Collection(SharedConnections.Name)]
public sealed class CommandLineTests
{
    [Fact]
    public async Task No_arguments_is_a_usage_error_that_names_both()
    {
        var (code, output, error) = await RunAsync();
        code.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain("<project> and <count> are missing");
        error.ShouldContain("[Usage]");
        error.ShouldContain("Usage: launch <project> <count>");
    }

    [Fact]
    public async Task A_missing_count_is_named()
    {
        var (code, _, error) = await RunAsync("myproj");
        code.ShouldBe(2);
        error.ShouldContain("<count> is missing");
    }

    [Fact]
    public async Task A_surplus_argument_is_named()
    {
        var (code, _, error) = await RunAsync("myproj", "1", "surplus");
        code.ShouldBe(2);
        error.ShouldContain("surplus");
        error.ShouldContain("[Usage]");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("6")]
    [InlineData("x")]
    public async Task A_wrong_count_is_named_with_the_range(string count)
    {
        var (code, _, error) = await RunAsync("myproj", count);
        code.ShouldBe(2);
        error.ShouldContain($"is {count};");
        error.ShouldContain("1-5");
        error.ShouldContain("[InvalidCount]");
    }

    [Fact]
    public async Task A_missing_settings_file_is_named_with_the_option()
    {
        var (code, _, error) = await RunAsync("myproj", "1", "--aws-settings", "/nowhere/.aws.settings");
        code.ShouldBe(2);
        error.ShouldContain("/nowhere/.aws.settings");
        error.ShouldContain("--aws-settings");
        error.ShouldContain("[SettingsFileMissing]");
        error.ShouldContain("[NotADjangoProject]");
    }

    [Fact]
    public async Task The_lab_and_other_settings_do_not_go_together()
    {
        var (code, _, error) = await RunAsync("myproj", "1", "--lab", "--aws-settings", "x");
        code.ShouldBe(2);
        error.ShouldContain("--aws-settings cannot go with it");
    }

    [Theory]
    [InlineData("Console")]
    [InlineData("TrustOnFirstUse")]
    [InlineData("KnownHosts")]
    public async Task The_policies_for_host_keys_are_those_of_the_cmdlets(string policy)
    {
        var (code, _, error) = await RunAsync("myproj", "1", "--aws-settings", "/nowhere/.aws.settings", "--host-key-policy", policy);
        code.ShouldBe(2);
        error.ShouldNotContain("[Usage]");
        error.ShouldContain("[SettingsFileMissing]");
    }

    [Fact]
    public async Task Another_policy_for_host_keys_is_a_usage_error_that_names_it()
    {
        var (code, _, error) = await RunAsync("myproj", "1", "--host-key-policy", "Never");
        code.ShouldBe(2);
        error.ShouldContain("Never");
        error.ShouldContain("--host-key-policy");
        error.ShouldContain("[Usage]");
    }

    [Theory]
    [InlineData("-h")]
    [InlineData("--help")]
    public async Task Help_explains_every_option_with_its_default(string option)
    {
        var (code, output, _) = await RunAsync(option);
        code.ShouldBe(0);
        foreach (var text in (string[])["--aws-settings", "~/.aws.settings", "--instance-config", "./instance.config", "--lab", "--minimum", "[default: 1]", "--host-key-policy", "Console|TrustOnFirstUse|KnownHosts", "[default: Console]", "--json", "--check", "--offline", "--quiet"])
        {
            output.ShouldContain(text);
        }
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LaunchCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
