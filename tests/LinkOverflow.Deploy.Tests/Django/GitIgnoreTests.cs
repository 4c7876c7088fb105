using System.Diagnostics;
using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>What is published of a folder with .gitignore files is what git itself would add.</summary>
public sealed class GitIgnoreTests : IDisposable
{
    private static readonly string[] Names = ["a", "b", "ab", "a.log", "b.log", "build", "x y", "#c", "!d", "é", "[e]", "f*", "lib", "tmp "];

    private static readonly string[] Patterns =
    [
        "*.log", "!b.log", "/a", "a/", "build/", "/build", "a/b", "**/b", "a/**", "a/**/b", "**/build/**", "lib/*", "!lib/ab", "?b", "[ab]", "[!a]b", "[a-b].log",
        "x y", "x\\ y", "\\#c", "\\!d", "#c", "é", "\\[e\\]", "f\\*", "f[*]", "tmp\\ ", "tmp ", "", "   ", "!", "/", "//", "*", "!*/", "!a", "a*b", "**", "a**", "*/b", "[[:alpha:]]",
        "[[:digit:]x]", "[", "[a", "a\\", "!/a/b", "/*", "!/lib", "/**/ab", "b/**/", "***", "*/**", "[^b]", "[]-]", "[a\\]b]",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("*.log\n!b.log\n")]
    [InlineData("# comment\n\n/build/\r\nlib/*\n!lib/ab\n")]
    [InlineData("a/**/b\n**/x y\n")]
    [InlineData("tmp\\ \n\\#c\n\\!d\nf\\*\n")]
    public async Task It_reads_patterns_as_git_does(string text)
    {
        MakeTree();
        _folder.Write(".gitignore", text);
        Published().ShouldBe(await GitAsync());
    }

    [Fact]
    public async Task It_agrees_with_git_whatever_the_patterns()
    {
        MakeTree();
        var random = new System.Random(20261124);
        for (var run = 0; run < 300; run++)
        {
            var text = Some();
            var inner = Some();
            _folder.Write(".gitignore", text);
            _folder.Write("a/.gitignore", inner);
            Published().ShouldBe(await GitAsync(), $".gitignore: {text}\na/.gitignore: {inner}");
        }

        string Some() => string.Join('\n', random.GetItems(Patterns, random.Next(0, 5)));
    }

    private void MakeTree()
    {
        foreach (var name in Names)
        {
            foreach (var path in (string[])[$"file {name}", $"a/{name} file", $"lib/{name}", $"build/{name}", $"a/b/{name}", $"b/{name}", $"a/x/b/{name}"])
            {
                _folder.Write(path, "x");
            }
        }

        foreach (var name in Names.Where(n => n is not ("a" or "b" or "build" or "lib")))
        {
            _folder.Write(name, "x");
        }
    }

    private string[] Published() =>
        [.. ProjectTree.Read(_folder.Path).Entries.Where(e => e.Kind == EntryKind.File).Select(e => e.Path).Order(StringComparer.Ordinal)];

    private async Task<string[]> GitAsync()
    {
        if (!Directory.Exists(Path.Combine(_folder.Path, ".git")))
        {
            await RunAsync("init", "-q");
        }

        var listed = await RunAsync("ls-files", "--others", "--exclude-standard", "-z");
        return [.. listed.Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        // Neither the machine's nor the user's own list of what to ignore.
        var start = new ProcessStartInfo("git", ["-C", _folder.Path, "-c", "core.excludesFile=/dev/null", .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var git = Process.Start(start)!;
        var output = await git.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await git.WaitForExitAsync(TestContext.Current.CancellationToken);
        git.ExitCode.ShouldBe(0);
        return output;
    }
}
