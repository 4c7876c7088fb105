using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>Whatever a settings file holds, it is read or refused with a plain error.</summary>
public sealed class IniFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Property(MaxTest = 2000)]
    public void Any_bytes_are_read_or_refused(byte[] bytes) => ReadsOrRefuses(bytes);

    [Fact]
    public void Any_mixture_of_what_such_files_are_made_of_is_read_or_refused()
    {
        foreach (var text in Gen.Sample(IniText.Mixtures, 3000, 60))
        {
            ReadsOrRefuses("f", () => IniFile.Parse(text, "f"));
        }
    }

    [Fact]
    public void Ten_megabytes_of_junk_are_refused()
    {
        var file = Path.Combine(_folder.Path, "junk");
        File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)'x', 10 * 1024 * 1024)]);
        Refused(file).Message.ShouldContain("larger than 256 KiB");
    }

    [Fact]
    public void A_file_of_the_largest_size_is_read_and_one_more_byte_is_not()
    {
        const string Start = "[EC2]\na = ";
        var text = Start + new string('x', IniFile.MaximumBytes - Start.Length);
        IniFile.Load(_folder.Write("fits", text))["EC2"]!["a"]!.Value.Length.ShouldBe(text.Length - Start.Length);
        Refused(_folder.Write("not", text + "x")).Message.ShouldContain("larger than 256 KiB");
    }

    [Fact]
    public void A_folder_is_refused()
    {
        Refused(_folder.Path).Message.ShouldContain("This is a folder");
    }

    [Fact]
    public void A_binary_file_is_refused() => RefusesBytes([.. "[EC2]\na = "u8, 0, .. "\n"u8], "binary");

    [Fact]
    public void Text_that_is_not_UTF_8_is_refused() => RefusesBytes([.. "[EC2]\na = M"u8, 0xFC, .. "ller\n"u8], "UTF-8");

    [Fact]
    public void A_missing_file_is_missing()
    {
        var problem = Should.Throw<SettingsException>(() => IniFile.Load(Path.Combine(_folder.Path, "none"))).Problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.SettingsFileMissing);
        problem.Message.ShouldContain("none");
    }

    [Fact]
    public void Every_bad_line_is_named_up_to_twenty()
    {
        var problems = Should.Throw<SettingsException>(() => IniFile.Parse("[EC2]\njunk\na = 1\nmore junk\n", "f")).Problems;
        problems.Select(p => p.Line).ShouldBe([2, 4]);
        var lines = string.Join('\n', Enumerable.Repeat("junk", 1000));
        Should.Throw<SettingsException>(() => IniFile.Parse("[EC2]\n" + lines, "f")).Problems.Count.ShouldBe(20);
    }

    [Fact]
    public void Every_key_knows_its_line()
    {
        var section = IniFile.Parse("# one\n[EC2]\n\na = 1\n  2\n\nb: 3", "f")["EC2"]!;
        section.Line.ShouldBe(2);
        section["a"]!.Line.ShouldBe(4);
        section["B"]!.Line.ShouldBe(7);
    }

    private void ReadsOrRefuses(byte[] bytes)
    {
        var path = Path.Combine(_folder.Path, "ini");
        File.WriteAllBytes(path, bytes);
        ReadsOrRefuses(path, () => IniFile.Load(path));
    }

    private static void ReadsOrRefuses(string path, Func<IniFile> read)
    {
        try
        {
            read().Path.ShouldBe(path);
        }
        catch (SettingsException e)
        {
            e.Id.ShouldBe(ErrorId.SettingsSyntax);
            e.Problems.ShouldAllBe(p => p.File == path);
        }
    }

    private void RefusesBytes(byte[] bytes, string why)
    {
        var path = Path.Combine(_folder.Path, "ini");
        File.WriteAllBytes(path, bytes);
        Refused(path).Message.ShouldContain(why);
    }

    private static Problem Refused(string path)
    {
        var problem = Should.Throw<SettingsException>(() => IniFile.Load(path)).Problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.SettingsSyntax);
        problem.File.ShouldBe(path);
        return problem;
    }
}
