using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;
using System.Diagnostics;

namespace LinkOverflow.Deploy.Tests.Settings;

public sealed class EnvironmentFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("  export A = b c ", "b c")]
    [InlineData("A=", "")]
    [InlineData("A='it $HOME \\n # as it is'", "it $HOME \\n # as it is")]
    [InlineData("A=\"with \\\"quotes\\\" \\\\ and \\$\"", "with \"quotes\" \\ and $")]
    [InlineData("A=p@ss#word", "p@ss#word")]
    [InlineData("# A=c\n\nA=b\r", "b")]
    public void A_line_is_a_name_and_a_value(string text, string value) => EnvironmentFile.Read(_folder.Write("site.env", text))["A"].ShouldBe(value);

    [Theory]
    [InlineData("A b")]
    [InlineData("1A=b")]
    [InlineData("A='open")]
    [InlineData("A=\"open\\\"")]
    public void What_is_no_such_line_is_named_by_its_number_and_not_shown(string text)
    {
        var error = Should.Throw<SettingsException>(() => EnvironmentFile.Read(_folder.Write("site.env", $"# one\n{text}")));
        error.Id.ShouldBe(ErrorId.SettingsSyntax);
        error.Problems[0].Line.ShouldBe(2);
        error.Message.ShouldNotContain(text);
    }

    [Fact]
    public void It_is_for_its_owner_alone()
    {
        var file = _folder.Write("site.env", "A=b", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Should.Throw<SettingsException>(() => EnvironmentFile.Read(file)).Id.ShouldBe(ErrorId.SettingsFileNotPrivate);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Should.Throw<SettingsException>(() => EnvironmentFile.Read(Path.Combine(_folder.Path, "nowhere"))).Id.ShouldBe(ErrorId.SettingsFileMissing);

    [Fact]
    public void Any_value_arrives_as_it_is_in_a_shell_that_reads_the_sites_environment()
    {
        string[] values = ["", " ", "'", "\"", "\\", "\\\\", "$HOME", "`id`", "$(id)", "é☃", "\t", ";&|<>", "!x", "#", "a=b", "\\n", "%s %%", "\\$x"];
        var environment = values.Select((v, i) => (Name: $"V{i}", Value: v)).ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);
        var file = _folder.Write("site.env", SiteConfiguration.Text(environment));
        var start = new ProcessStartInfo("bash", ["-c", $"set -a; . \"$1\"; for name in {string.Join(' ', environment.Keys)}; do printf '%s\\0' \"${{!name}}\"; done", "bash", file])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
        using var bash = Process.Start(start)!;
        bash.StandardOutput.ReadToEnd().Split('\0')[..^1].ShouldBe(values);
    }
}
