using LinkOverflow.Deploy.Tests.Cloud;
using LinkOverflow.Launch;

namespace LinkOverflow.Deploy.Tests.Launch;

/// <summary>The original tool's manual test cases, by row, as a user of <c>launch</c> meets them: exit code 2, the id, what is wrong and where; EC2 is not asked.</summary>
[Collection(SharedConnections.Name)]
public sealed class AcceptanceRowsOfLaunchTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly AnsweringEc2 _ec2 = new(new AgreeableEc2().Answer);
    private string _settings = "";
    private string _config = "";
    private string _project = "";
    private string _count = "1";

    /// <summary>Row, what is broken, the id, and what the message has to name; {0} stands for the folder.</summary>
    public static TheoryData<string, string, string[]> Broken { get; } = new()
    {
        { "4: count 0", "InvalidCount", ["is 0;", "1-5"] },
        { "4: count -1", "InvalidCount", ["is -1;", "1-5"] },
        { "4: count 6", "InvalidCount", ["is 6;", "1-5"] },
        { "4: count x", "InvalidCount", ["is x;", "1-5"] },
        { "5: no manage.py", "NotADjangoProject", ["{0}/site", "not a Django project"] },
        { "5: no folder", "NotADjangoProject", ["{0}/none", "not a Django project"] },
        { "5: a file", "NotADjangoProject", ["{0}/site/manage.py", "not a Django project"] },
        { "5: manage.py of mode 000", "NotADjangoProject", ["{0}/site", "not readable", "000"] },
        { "6: no settings", "SettingsFileMissing", ["{0}/none", "--aws-settings"] },
        { "8: settings of mode 000", "SettingsFileUnreadable", ["{0}/.aws.settings", "000"] },
        { "9: settings of mode 644", "SettingsFileNotPrivate", ["644", "chmod 600 {0}/.aws.settings"] },
        { "9: settings of mode 640", "SettingsFileNotPrivate", ["640", "chmod 600 {0}/.aws.settings"] },
        { "9: settings of mode 660", "SettingsFileNotPrivate", ["660", "chmod 600 {0}/.aws.settings"] },
        { "10: settings without [EC2]", "SectionMissing", ["[EC2]", "{0}/.aws.settings"] },
        { "11: settings with [EC3]", "SectionMissing", ["{0}/.aws.settings:1:", "[EC3]", "should read [EC2]"] },
        { "12: AccessId", "KeyMissing", ["{0}/.aws.settings:2:", "AccessKeyId is missing", "AccessId"] },
        { "14: no key file", "KeyFileMissing", ["{0}/.aws.settings:6:", "SSHKeyPairFile", "{0}/key.pem"] },
        { "15: key file of mode 644", "KeyFileNotPrivate", ["644", "chmod 400 {0}/key.pem"] },
        { "15: key file of mode 000", "KeyFileUnreadable", ["000", "chmod 400 {0}/key.pem"] },
        { "19: configuration without [EC2]", "SectionMissing", ["[EC2]", "{0}/instance.config"] },
        { "19: configuration with [Foo]", "SectionMissing", ["{0}/instance.config:1:", "[Foo]", "should read [EC2]"] },
        { "20: ImogeId", "KeyMissing", ["{0}/instance.config:2:", "ImageID is missing", "ImogeId"] },
        { "21: ami-c7d092f7xxx", "ImageMalformed", ["{0}/instance.config:2:", "ami-c7d092f7xxx"] },
        { "25: no manifest", "ManifestMissing", ["{0}/instance.config:5:", "PuppetConfigFile", "{0}/site.pp"] },
        { "25: manifest of mode 000", "ManifestInvalid", ["{0}/site.pp", "000"] },
        { "30: a key twice", "SettingsSyntax", ["{0}/.aws.settings:8:", "twice", "line 5"] },
        { "30: 10 MB of junk", "SettingsSyntax", ["{0}/.aws.settings", "larger than"] },
        { "30: a folder", "SettingsSyntax", ["{0}", "a folder"] },
        { "30: binary", "SettingsSyntax", ["{0}/.aws.settings", "binary"] },
        { "30: another encoding", "SettingsSyntax", ["{0}/.aws.settings", "UTF-8"] },
        { "30: 10 MB of junk for a configuration", "SettingsSyntax", ["{0}/instance.config", "larger than"] },
        { "30: a folder for a configuration", "SettingsSyntax", ["{0}", "a folder"] },
        { "30: binary for a configuration", "SettingsSyntax", ["{0}/instance.config", "binary"] },
        { "30: a configuration of mode 000", "SettingsFileUnreadable", ["{0}/instance.config", "000"] },
    };

    /// <summary>Row and what is done to files that stay right.</summary>
    public static TheoryData<string> Fine { get; } =
    [
        "7: settings elsewhere", "16: key file of mode 400", "16: key file of mode 600", "30: byte order mark", "30: CRLF", "30: colons", "30: semicolons", "30: blank values",
        "30: no final newline",
    ];

    public ValueTask InitializeAsync()
    {
        _folder.Write("key.pem", "none");
        _folder.Write("site.pp", "");
        _project = Path.GetDirectoryName(_folder.Write("site/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')"))!;
        _config = _folder.Write("instance.config", "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
        _settings = _folder.Write(
            ".aws.settings",
            $"[EC2]\nAccessKeyId = AKIAEXAMPLE\nSecretAccessKey = {AnsweringEc2.SecretKey}\nAvailabilityZone = us-west-2a\nSSHKeyPair = my-pair\nSSHKeyPairFile = key.pem\nEndpointUrl = {_ec2.Url}\n");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _ec2.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Row(string row, string id, string[] names)
    {
        Change(row);
        foreach (var command in (string[][])[[], ["--check"]])
        {
            if (row.StartsWith("4:", StringComparison.Ordinal) && command.Length > 0)
            {
                continue; // A check takes any count.
            }

            var (code, output, error) = await RunAsync(command);
            var said = output + error;
            code.ShouldBe(2, said);
            said.ShouldContain($"[{id}]");
            foreach (var name in names)
            {
                said.ShouldContain(name.Replace("{0}", _folder.Path, StringComparison.Ordinal), Case.Sensitive);
            }

            said.ShouldNotContain(AnsweringEc2.SecretKey);
            said.ShouldNotContain("   at ");
            (command.Length == 0 ? output : error).ShouldBeEmpty();
            if (command.Length == 0)
            {
                _ec2.Requests.ShouldBeEmpty();
            }
        }

        _ec2.Requests.ShouldAllBe(r => r.Contains("Action=Describe") || r.Contains("DryRun=true"));
    }

    [Theory]
    [MemberData(nameof(Fine))]
    public async Task Row_that_works(string row)
    {
        Change(row);
        var (code, output, error) = await RunAsync("--check");
        code.ShouldBe(0, output + error);
        error.ShouldBeEmpty();
        output.ShouldContain("EC2 would let these credentials launch");
    }

    [Fact]
    public async Task All_that_is_wrong_is_told_in_one_run()
    {
        foreach (var row in (string[])["4: count x", "5: no manage.py", "12: AccessId", "14: no key file", "20: ImogeId", "25: no manifest"])
        {
            Change(row);
        }

        var (code, _, error) = await RunAsync();
        code.ShouldBe(2);
        foreach (var id in (string[])["InvalidCount", "NotADjangoProject", "KeyMissing", "KeyFileMissing", "ManifestMissing"])
        {
            error.ShouldContain($"[{id}]");
        }

        _ec2.Requests.ShouldBeEmpty();
    }

    private void Change(string row)
    {
        var what = row[(row.IndexOf(':', StringComparison.Ordinal) + 2)..];
        void Mode(string file, string mode) => File.SetUnixFileMode(file, (UnixFileMode)Convert.ToInt32(mode, 8));
        void Edit(string file, string was, string now)
        {
            var text = File.ReadAllText(file);
            text.ShouldContain(was);
            File.WriteAllText(file, text.Replace(was, now, StringComparison.Ordinal));
        }

        void EditBoth(Func<string, string> change)
        {
            foreach (var file in (string[])[_settings, _config])
            {
                File.WriteAllText(file, change(File.ReadAllText(file)));
            }
        }

        Action change = what switch
        {
            _ when what.StartsWith("count ", StringComparison.Ordinal) => () => _count = what[6..],
            _ when what.StartsWith("settings of mode ", StringComparison.Ordinal) => () => Mode(_settings, what[^3..]),
            _ when what.StartsWith("key file of mode ", StringComparison.Ordinal) => () => Mode(Path.Combine(_folder.Path, "key.pem"), what[^3..]),
            "no manage.py" => () => File.Delete(Path.Combine(_project, "manage.py")),
            "no folder" => () => _project = Path.Combine(_folder.Path, "none"),
            "a file" => () => _project = Path.Combine(_project, "manage.py"),
            "manage.py of mode 000" => () => Mode(Path.Combine(_project, "manage.py"), "000"),
            "no settings" => () => _settings = Path.Combine(_folder.Path, "none"),
            "settings without [EC2]" => () => File.WriteAllText(_settings, "# nothing\n"),
            "settings with [EC3]" => () => Edit(_settings, "[EC2]", "[EC3]"),
            "AccessId" => () => Edit(_settings, "AccessKeyId", "AccessId"),
            "no key file" => () => File.Delete(Path.Combine(_folder.Path, "key.pem")),
            "configuration without [EC2]" => () => File.WriteAllText(_config, "[Puppet]\nPuppetConfigFile = site.pp\n"),
            "configuration with [Foo]" => () => Edit(_config, "[EC2]", "[Foo]"),
            "ImogeId" => () => Edit(_config, "ImageID", "ImogeId"),
            "ami-c7d092f7xxx" => () => Edit(_config, "ami-12345678", what),
            "no manifest" => () => File.Delete(Path.Combine(_folder.Path, "site.pp")),
            "manifest of mode 000" => () => Mode(Path.Combine(_folder.Path, "site.pp"), "000"),
            "a key twice" => () => File.AppendAllText(_settings, "sshkeypair = other\n"),
            "10 MB of junk" => () => File.WriteAllText(_settings, new string('x', 10 << 20)),
            "a folder" => () => _settings = _folder.Path,
            "binary" => () => File.WriteAllBytes(_settings, [0x7f, 0x45, 0x4c, 0x46, 0, 1]),
            "another encoding" => () => File.WriteAllBytes(_settings, [0x5b, 0xe9, 0x5d, 10]),
            "10 MB of junk for a configuration" => () => File.WriteAllText(_config, new string('x', 10 << 20)),
            "a folder for a configuration" => () => _config = _folder.Path,
            "binary for a configuration" => () => File.WriteAllBytes(_config, [0x7f, 0x45, 0x4c, 0x46, 0, 1]),
            "a configuration of mode 000" => () => Mode(_config, "000"),
            "settings elsewhere" => () => _settings = _folder.Write("elsewhere/mine", File.ReadAllText(_settings).Replace("key.pem", "../key.pem", StringComparison.Ordinal)),
            "byte order mark" => () => EditBoth(t => "\uFEFF" + t),
            "CRLF" => () => EditBoth(t => t.Replace("\n", "\r\n", StringComparison.Ordinal)),
            "colons" => () => EditBoth(t => t.Replace(" = ", ": ", StringComparison.Ordinal)),
            "semicolons" => () => EditBoth(t => "; one\n" + t + "  ; two\n"),
            "blank values" => () => EditBoth(t => t + "SessionToken =\nPuppetURL =\n"),
            "no final newline" => () => EditBoth(t => t.TrimEnd()),
            _ => throw new InvalidOperationException($"The test does not know {row}."),
        };
        change();
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] more)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await LaunchCommand.RunAsync(
            [_project, _count, "--aws-settings", _settings, "--instance-config", _config, .. more], output, error);
        return (code, output.ToString(), error.ToString());
    }
}
