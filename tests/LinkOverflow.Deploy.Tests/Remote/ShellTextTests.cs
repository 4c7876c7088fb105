using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

public sealed class ShellTextTests
{
    [Fact]
    public void Any_text_arrives_at_a_real_shell_as_it_is()
    {
        string[] hostile = ["", " ", "-rf", "--", "'", "''", "\"", "\\", "$HOME", "`id`", "$(id)", "a\nb", "*", "~", "#", "!x", "é☃", "\t", ";&|<>", "a'b'c", "\r"];
        var generated = Gen.Sample(ArbMap.Default.GeneratorFor<NonNull<string>>(), 200, 500)
            .Select(s => s.Get.Replace("\0", "", StringComparison.Ordinal))
            .Where(IsWellFormed);
        string[] texts = [.. hostile, .. generated];
        Bash($"printf '%s\\0' {ShellText.Command(texts)}").Split('\0')[..^1].ShouldBe(texts);
    }

    [Fact]
    public void A_null_character_is_refused() => Should.Throw<ArgumentException>(() => ShellText.Quote("a\0b"));

    [Theory]
    [InlineData("cancel.sh")]
    [InlineData("cancellation.sh")]
    [InlineData("receive.sh")]
    [InlineData("site.sh")]
    [InlineData("release.sh")]
    [InlineData("database.sh")]
    [InlineData("service.sh")]
    [InlineData("takeover.sh")]
    [InlineData("activate.sh")]
    [InlineData("takeback.sh")]
    [InlineData("undo.sh")]
    [InlineData("log.sh")]
    [InlineData("lock.sh")]
    [InlineData("mend.sh")]
    [InlineData("install.sh")]
    [InlineData("apply.sh")]
    public void The_scripts_for_hosts_are_bash(string name) => Bash($"bash -n -c {ShellText.Quote(RemoteScript.Resource(name))} && echo fine").ShouldBe("fine\n");

    // Half a surrogate pair has no UTF-8.
    private static bool IsWellFormed(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) == text;

    private static string Bash(string command)
    {
        var start = new ProcessStartInfo("bash") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        using var bash = Process.Start(start)!;
        bash.StandardInput.BaseStream.Write(Encoding.UTF8.GetBytes(command));
        bash.StandardInput.Close();
        using var memory = new MemoryStream();
        bash.StandardOutput.BaseStream.CopyTo(memory);
        bash.WaitForExit();
        return Encoding.UTF8.GetString(memory.ToArray());
    }
}
