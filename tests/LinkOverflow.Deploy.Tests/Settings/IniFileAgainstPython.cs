using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>
/// The same texts for Python's own configparser and for ours: the same sections and values, or a refusal by both. Differences on purpose:
/// [DEFAULT] is a section like any other here, and a line that begins with a bracket is never a key.
/// </summary>
public sealed class IniFileAgainstPython
{
    private const string Python = "/usr/bin/python3";

    // RawConfigParser: the original does not interpolate. Files come as bytes, as from a disk.
    private const string Script = """
        import base64, configparser, io, json, sys
        answers = []
        for text in json.load(sys.stdin):
            parser = configparser.RawConfigParser(strict=True)
            try:
                parser.read_file(io.TextIOWrapper(io.BytesIO(base64.b64decode(text)), encoding="utf-8-sig"))
                answers.append({s: dict(parser.items(s)) for s in parser.sections()})
            except (configparser.Error, UnicodeDecodeError):
                answers.append(None)
        json.dump(answers, sys.stdout)
        """;

    private static readonly string[] Texts =
    [
        "",
        "\n\n",
        "# only a comment",
        "[EC2]",
        "[EC2]\na = 1",
        "[EC2]\na=1\nb:2\nc = 3\nd : 4\n",
        "[EC2]\na = b = c\nd : e : f\ng = h : i\nj : k = l\n",
        "[EC2]\na =\nb:\nc = \t\n",
        "[EC2]\n  a = 1\n  b = 2\n",
        "[EC2]\n\ta = 1\n\tb = 2\n\n\t[Puppet]\n\tc = 3\n",
        "[EC2]\na = 1\n  [Puppet]\nb = 2\n",
        "[EC2]\na = one\n  two\n\tthree\nb = 4\n",
        "[EC2]\n  a = one\n    two\n  b = 4\n",
        "[EC2]\na =\n  one\n  two\n",
        "[EC2]\na = one\n\n  two\n\n\nb = 3\n",
        "[EC2]\na = one\n  # between\n  two\n; between\n  three\n",
        "[EC2]\na = 1 # part of the value\nb = 2 ; too\n",
        "  # indented comment\n[EC2]\n\t; another\na = 1\n",
        "[EC2]\r\na = 1\r\nb = one\r\n  two\r\n",
        "[EC2]\ra = 1\rb = 2",
        "\uFEFF[EC2]\na = 1\n",
        "\uFEFF# comment\r\n[EC2]\r\na: 1",
        "[EC2]\nAccessKeyId = X\nACCESSKEYID = Y\n",
        "[EC2]\na = 1\na = 1\n",
        "[EC2]\na = 1\n[EC2]\nb = 2\n",
        "[EC2]\na = 1\n[ec2]\na = 2\n",
        "[EC2] trailing\na = 1\n",
        "[EC2]]\na = 1\n",
        "[ EC2 ]\na = 1\n",
        "[[EC2]]\na = 1\n",
        "[]\na = 1\n",
        "[E C 2]\nkey with blanks = 1\n",
        "a = 1\n[EC2]\n",
        "junk\n",
        "[EC2]\njunk\n",
        "[EC2]\n= 1\n",
        "[EC2]\n: 1\n",
        "[EC2]\n  junk\n",
        "[EC2]\na = 1\n\n\n  junk is a continuation\n",
        "[EC2]\na = %(b)s\nb = 100%\n",
        "[EC2]\na = \"quoted\"\nb = 'quoted'\n",
        "[EC2]\nnäme = wört ☃ 𝄞\n",
        "[EC2]\na = 1\u2028b = 2\n",
        "[EC2]\na = one\u0085two\n",
        "[EC2]\na = one\ftwo\n",
        "[EC2]\na = one\vtwo\n",
        "[EC2]\n   \na = 1\n \n",
        "[EC2]\na==1\nb::2\nc=:3\n",
        "[EC2]\nrem ark = 1\nREM = 2\n",
        "[EC2]\na = 1\n\tb = 2\nc = 3\n",
        "[EC2]\n    a = 1\n  b = 2\n      c = 3\n",
        "<html><body>404</body></html>",
        "{\"EC2\": {\"a\": 1}}",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----\n",
    ];

    [Fact]
    public async Task Hand_made_texts_are_read_as_Python_reads_them() => await CompareAsync(Texts);

    [Fact]
    public async Task Generated_sections_are_read_as_Python_reads_them() => await CompareAsync([.. Gen.Sample(IniText.Sections, 1500, 12).Distinct(StringComparer.Ordinal)]);

    [Fact]
    public async Task Mixtures_are_read_as_Python_reads_them() =>
        await CompareAsync([.. Gen.Sample(IniText.Mixtures, 3000, 30).Distinct(StringComparer.Ordinal).Where(t => !HasBracketKey(t))]);

    [Fact]
    public void A_DEFAULT_section_is_a_section_like_any_other()
    {
        var file = IniFile.Parse("[DEFAULT]\na = 1\n[EC2]\nb = 2\n", "f");
        file["DEFAULT"]!["a"]!.Value.ShouldBe("1");
        file["EC2"]!["a"].ShouldBeNull();
    }

    [Fact]
    public void A_line_that_begins_with_a_bracket_is_never_a_key() =>
        Should.Throw<SettingsException>(() => IniFile.Parse("[EC2]\n[a = 1\n", "f")).Problems.ShouldHaveSingleItem().Message.ShouldContain("not closed");

    // The second of the differences on purpose.
    private static bool HasBracketKey(string text) => text.Split('\n', '\r').Any(line => line.TrimStart().StartsWith('[') && line.TrimStart().LastIndexOf(']') < 2);

    private static async Task CompareAsync(string[] texts)
    {
        Assert.SkipUnless(File.Exists(Python), $"There is no {Python} to compare with.");
        var answers = await AskPythonAsync(texts);
        answers.Count.ShouldBe(texts.Length);
        var differences = texts
            .Zip(answers, (text, theirs) => (Text: text, Theirs: Show(theirs), Ours: Show(Read(text))))
            .Where(a => a.Theirs != a.Ours)
            .Select(a => $"{JsonSerializer.Serialize(a.Text)}\n  Python: {a.Theirs}\n  here:   {a.Ours}")
            .OrderBy(d => d.Length)
            .Take(10)
            .ToArray();
        differences.ShouldBeEmpty();
    }

    private static Dictionary<string, Dictionary<string, string>>? Read(string text)
    {
        try
        {
            return IniFile.Parse(text, "ini").Sections.ToDictionary(
                s => s.Name, s => s.Entries.ToDictionary(e => e.Name.ToLowerInvariant(), e => e.Value, StringComparer.Ordinal), StringComparer.Ordinal);
        }
        catch (SettingsException)
        {
            return null;
        }
    }

    private static string Show(Dictionary<string, Dictionary<string, string>>? sections) =>
        sections is null ? "refused" : string.Join(' ', sections.Select(s => $"[{s.Key}] {string.Join(", ", s.Value.Select(v => $"{v.Key}={JsonSerializer.Serialize(v.Value)}"))}"));

    private static async Task<List<Dictionary<string, Dictionary<string, string>>?>> AskPythonAsync(string[] texts)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        using var python = Process.Start(start)!;
        var output = python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.StandardInput.WriteAsync(JsonSerializer.Serialize(texts.Select(Encoding.UTF8.GetBytes)));
        python.StandardInput.Close();
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        python.ExitCode.ShouldBe(0);
        return JsonSerializer.Deserialize<List<Dictionary<string, Dictionary<string, string>>?>>(await output)!;
    }
}
