using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>The original tool's manual test cases that need no EC2: what is wrong is said with its id, its place and what to do.</summary>
public sealed class AcceptanceRows : IDisposable
{
    private const string Secret = "wJalrXUtnFEMI-marked-secret";
    private readonly TemporaryFolder _folder = new();
    private readonly string _settings;
    private readonly string _config;
    private readonly string _project;
    private readonly string _key;

    public AcceptanceRows()
    {
        _key = _folder.Write("key.pem", "not read here");
        _folder.Write("site.pp", "");
        _project = Path.GetDirectoryName(_folder.Write(
            "myproj/manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'myproj.settings')"))!;
        _settings = _folder.Write(".aws.settings", Settings());
        _config = _folder.Write("instance.config", Config());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Right_files_make_a_plan()
    {
        var plan = await PlanAsync();
        plan.Project.Name.ShouldBe("myproj");
        plan.Project.SettingsModule.ShouldBe("myproj.settings");
        plan.Settings.Region.ShouldBe("us-west-2");
        plan.Settings.Zone.ShouldBeNull();
        plan.Config.Port.ShouldBe(8080);
        plan.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("6")]
    [InlineData("x")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    public async Task Row_4_a_count_outside_the_range_names_it_and_the_range(string count)
    {
        var problem = await OnlyProblemAsync(ErrorId.InvalidCount, count: count);
        problem.Message.ShouldContain($"is {count};");
        problem.Message.ShouldContain("1-5");
    }

    [Fact]
    public async Task Row_5_a_folder_without_manage_py_a_missing_one_and_a_file_are_no_projects()
    {
        var empty = Directory.CreateDirectory(Path.Combine(_folder.Path, "empty")).FullName;
        foreach (var folder in (string[])[empty, Path.Combine(_folder.Path, "missing"), _key])
        {
            (await OnlyProblemAsync(ErrorId.NotADjangoProject, project: folder)).Message.ShouldContain($"{folder} is not a Django project");
        }
    }

    [Fact]
    public async Task Row_6_a_missing_settings_file_is_named_with_the_option()
    {
        File.Delete(_settings);
        var problem = await OnlyProblemAsync(ErrorId.SettingsFileMissing);
        problem.Message.ShouldContain(_settings);
        problem.Fix!.ShouldContain("--aws-settings");
    }

    [Theory]
    [InlineData("000", ErrorId.SettingsFileUnreadable)]
    [InlineData("644", ErrorId.SettingsFileNotPrivate)]
    [InlineData("640", ErrorId.SettingsFileNotPrivate)]
    [InlineData("660", ErrorId.SettingsFileNotPrivate)]
    public async Task Rows_8_and_9_settings_are_for_their_owner_alone_even_as_root(string mode, string id)
    {
        File.SetUnixFileMode(_settings, (UnixFileMode)Convert.ToInt32(mode, 8));
        var problem = await OnlyProblemAsync(id);
        problem.File.ShouldBe(_settings);
        problem.Message.ShouldContain(mode);
        problem.Fix!.ShouldContain($"chmod 600 {_settings}");
    }

    [Theory]
    [InlineData("[EC2]", "", ErrorId.SettingsSyntax)]
    [InlineData("[EC2]", "[EC3]", ErrorId.SectionMissing)]
    public async Task Rows_10_and_11_a_missing_or_renamed_section_is_named(string was, string now, string id)
    {
        Rewrite(_settings, was, now);
        (await ProblemsAsync()).ShouldContain(p => p.Id == id && p.File == _settings);
        if (now.Length > 0)
        {
            (await ProblemsAsync()).Single(p => p.Id == id).Fix!.ShouldContain("[EC2]");
        }
    }

    [Fact]
    public async Task Row_12_a_mistyped_key_is_named_with_the_line_of_the_near_miss()
    {
        Rewrite(_settings, "AccessKeyId", "AccessId");
        var problem = (await ProblemsAsync()).Single(p => p.Severity == Severity.Error);
        problem.Id.ShouldBe(ErrorId.KeyMissing);
        problem.Message.ShouldContain("AccessKeyId");
        problem.Line.ShouldBe(3);
    }

    [Fact]
    public async Task Row_14_a_missing_key_file_is_named_with_its_key()
    {
        File.Delete(_key);
        var problem = await OnlyProblemAsync(ErrorId.KeyFileMissing);
        problem.Message.ShouldContain("SSHKeyPairFile");
        problem.Message.ShouldContain(_key);
    }

    [Theory]
    [InlineData("644", false)]
    [InlineData("400", true)]
    [InlineData("600", true)]
    public async Task Rows_15_and_16_the_private_key_is_for_its_owner_alone(string mode, bool works)
    {
        File.SetUnixFileMode(_key, (UnixFileMode)Convert.ToInt32(mode, 8));
        if (works)
        {
            (await PlanAsync()).Settings.KeyFile.ShouldBe(_key);
        }
        else
        {
            (await OnlyProblemAsync(ErrorId.KeyFileNotPrivate)).Fix!.ShouldContain($"chmod 400 {_key}");
        }
    }

    [Fact]
    public async Task Row_19_a_renamed_section_of_the_configuration_is_named()
    {
        Rewrite(_config, "[EC2]", "[Foo]");
        var problem = (await ProblemsAsync()).Single(p => p.Severity == Severity.Error);
        problem.Id.ShouldBe(ErrorId.SectionMissing);
        problem.File.ShouldBe(_config);
        problem.ToString().ShouldContain("[EC2]");
    }

    [Fact]
    public async Task Row_20_a_mistyped_image_key_points_at_its_line()
    {
        Rewrite(_config, "ImageID", "ImogeId");
        var problem = (await ProblemsAsync()).Single(p => p.Severity == Severity.Error);
        problem.Id.ShouldBe(ErrorId.KeyMissing);
        problem.Line.ShouldBe(2);
    }

    [Fact]
    public async Task Row_21_a_malformed_image_is_said_before_any_launch()
    {
        Rewrite(_config, "ami-c7d092f7", "ami-c7d092f7xxx");
        (await OnlyProblemAsync(ErrorId.ImageMalformed)).Message.ShouldContain("ami-c7d092f7xxx");
    }

    [Fact]
    public async Task Row_25_a_missing_manifest_is_said_before_any_launch()
    {
        Rewrite(_config, "site.pp", "/invalid");
        (await OnlyProblemAsync(ErrorId.ManifestMissing)).Message.ShouldContain("/invalid");
    }

    [Fact]
    public async Task All_problems_come_together()
    {
        File.Delete(_key);
        Rewrite(_config, "ami-c7d092f7", "ami-x");
        var ids = (await ProblemsAsync(count: "9", project: "/nowhere")).Select(p => p.Id).ToArray();
        ids.ShouldBe([ErrorId.InvalidCount, ErrorId.NotADjangoProject, ErrorId.ImageMalformed, ErrorId.KeyFileMissing], ignoreOrder: true);
    }

    [Fact]
    public async Task Row_30_what_people_have_in_such_files_is_read()
    {
        _folder.Write(".aws.settings", "\uFEFF; comment\r\n" + Settings().Replace("\n", "\r\n", StringComparison.Ordinal).Replace("SSHKeyPair =", "sshkeypair:", StringComparison.Ordinal).TrimEnd());
        (await PlanAsync()).Settings.KeyPair.ShouldBe("LinkOverflow-keys");
    }

    [Fact]
    public async Task Row_30_a_key_given_twice_names_both_lines()
    {
        _folder.Write(".aws.settings", Settings() + "SSHKeyPair = other\n");
        var problem = await OnlyProblemAsync(ErrorId.SettingsSyntax);
        problem.Line.ShouldBe(8);
        problem.Message.ShouldContain("line 6");
    }

    [Fact]
    public async Task A_zone_gives_its_region()
    {
        Rewrite(_settings, "us-west-2", "us-west-2b");
        (await PlanAsync()).Settings.Region.ShouldBe("us-west-2");
        (await PlanAsync()).Settings.Zone.ShouldBe("us-west-2b");
    }

    [Fact]
    public async Task The_secret_shows_nowhere()
    {
        var settings = (await PlanAsync()).Settings;
        settings.ToString().ShouldNotContain(Secret);
        System.Text.Json.JsonSerializer.Serialize(settings).ShouldNotContain(Secret);
        settings.SecretAccessKey!.Reveal().ShouldBe(Secret);
        Rewrite(_settings, "SecretAccessKey", "SecretAccesKey");
        (await Should.ThrowAsync<SettingsException>(() => PlanAsync())).ToString().ShouldNotContain(Secret);
    }

    private Task<DeploymentPlan> PlanAsync(string count = "1", string? project = null) =>
        DeploymentPlan.MakeAsync(DeploymentRequest.Of(project ?? _project, count, 1, _settings, _config), TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<Problem>> ProblemsAsync(string count = "1", string? project = null) =>
        (await Should.ThrowAsync<SettingsException>(() => PlanAsync(count, project))).Problems;

    private async Task<Problem> OnlyProblemAsync(string id, string count = "1", string? project = null)
    {
        var problem = (await ProblemsAsync(count, project)).ShouldHaveSingleItem();
        problem.Id.ShouldBe(id);
        return problem;
    }

    private static void Rewrite(string file, string was, string now) =>
        File.WriteAllText(file, File.ReadAllText(file).Replace(was, now, StringComparison.Ordinal));

    private string Settings() =>
        $"""
        # per user
        [EC2]
        AccessKeyId = AKIAEXAMPLE
        SecretAccessKey = {Secret}
        AvailabilityZone = us-west-2
        SSHKeyPair = LinkOverflow-keys
        SSHKeyPairFile = {_key}

        """;

    private static string Config() =>
        """
        [EC2]
        ImageID = ami-c7d092f7
        InstanceType = t3.small
        [Puppet]
        PuppetURL =
        PuppetConfigFile = site.pp

        """;
}
