using System.Diagnostics;
using System.Text;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Tests.Remote;

public sealed class RemoteScriptTests
{
    private const string Python = "/usr/bin/python3";

    /// <summary>All embedded scripts, so that a new one is not forgotten.</summary>
    public static TheoryData<string> Embedded =>
        [.. typeof(RemoteScript).Assembly.GetManifestResourceNames().Where(n => Path.GetExtension(n) is ".sh" or ".py")];

    [Theory]
    [MemberData(nameof(Embedded))]
    public void Every_embedded_file_is_valid_in_its_language(string name)
    {
        if (name.EndsWith(".sh", StringComparison.Ordinal))
        {
            Check("bash", "-n").ShouldBe((0, ""));
        }
        else
        {
            Assert.SkipUnless(File.Exists(Python), $"There is no {Python}.");
            Check(Python, "-c", "import ast, sys; ast.parse(sys.stdin.read())").ShouldBe((0, ""));
        }

        (int ExitCode, string Error) Check(string program, params string[] arguments)
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false };
            using var process = Process.Start(start)!;
            process.StandardInput.Write(RemoteScript.Resource(name));
            process.StandardInput.Close();
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, error);
        }
    }

    [Theory]
    [MemberData(nameof(Embedded))]
    public void Every_embedded_file_is_ASCII_as_hosts_count_its_characters(string name) => Ascii.IsValid(RemoteScript.Resource(name)).ShouldBeTrue();

    [Fact]
    public void A_script_of_this_program_comes_by_its_input_whole_or_none_of_it_runs_and_what_follows_is_its_own()
    {
        var script = new RemoteScript("# unseen\nset -e\necho begun $1\ncat\n(exit 3)\necho never", ["it's"], AsRoot: false) { IsOwn = true };
        script.CommandLine("mark").ShouldNotContain("unseen");
        var text = Encoding.ASCII.GetString(script.Preamble);
        Run(text + "own").ShouldBe((3, "begun it's\nown"));
        Run(text[..^1]).ShouldBe((1, ""));

        (int ExitCode, string Output) Run(string input)
        {
            var start = new ProcessStartInfo("bash", ["-c", script.CommandLine("mark")]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
            using var process = Process.Start(start)!;
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output);
        }
    }

    [Fact]
    public void An_ad_hoc_command_is_seen()
    {
        var script = new RemoteScript("echo seen", []);
        script.CommandLine("mark").ShouldContain("echo seen");
        script.Preamble.ShouldBeEmpty();
    }

    [Fact]
    public void There_are_embedded_files_and_an_unknown_one_is_a_defect()
    {
        Embedded.ShouldNotBeEmpty();
        Should.Throw<InvalidOperationException>(() => RemoteScript.Resource("none.sh")).Message.ShouldContain("none.sh");
    }
}
