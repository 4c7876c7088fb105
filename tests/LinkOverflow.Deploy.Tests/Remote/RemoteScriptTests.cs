using System.Diagnostics;
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

    [Fact]
    public void There_are_embedded_files_and_an_unknown_one_is_a_defect()
    {
        Embedded.ShouldNotBeEmpty();
        Should.Throw<InvalidOperationException>(() => RemoteScript.Resource("none.sh")).Message.ShouldContain("none.sh");
    }
}
