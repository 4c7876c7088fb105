using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>What the two files' values may be, and how paths in them are meant.</summary>
public sealed class SettingsValuesTests : IDisposable
{
    private const string Secret = "wJalrXUtnFEMI-marked-secret";
    private readonly TemporaryFolder _folder = new();
    private readonly List<Problem> _problems = [];

    public SettingsValuesTests()
    {
        _folder.Write("keys/key.pem", "not read here");
        _folder.Write("site.pp", "");
    }

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Paths_are_meant_as_a_shell_means_them_and_relative_ones_start_at_the_file()
    {
        FilePaths.Expand("~/x", "/base").ShouldBe($"{Home}/x");
        FilePaths.Expand("~", "/base").ShouldBe(Home);
        FilePaths.Expand("$HOME/x", "/base").ShouldBe($"{Environment.GetEnvironmentVariable("HOME")}/x");
        FilePaths.Expand("${HOME}/x", "/base").ShouldBe($"{Environment.GetEnvironmentVariable("HOME")}/x");
        FilePaths.Expand("x/../y", "/base").ShouldBe("/base/y");
        FilePaths.Expand("/x", "/base").ShouldBe("/x");
        FilePaths.Expand("$LO_NO_SUCH_VARIABLE/x", "/base").ShouldBe("/base/$LO_NO_SUCH_VARIABLE/x");
        FilePaths.Expand("a~b", "/base").ShouldBe("/base/a~b");
    }

    [Fact]
    public void A_relative_key_file_starts_at_the_settings_file() =>
        Aws("SSHKeyPairFile = keys/key.pem").ShouldNotBeNull().KeyFile.ShouldBe(Path.Combine(_folder.Path, "keys", "key.pem"));

    [Theory]
    [InlineData("AvailabilityZone = us-west-2", "us-west-2", null)]
    [InlineData("AvailabilityZone = us-west-2a", "us-west-2", "us-west-2a")]
    [InlineData("AvailabilityZone = us-gov-east-1b", "us-gov-east-1", "us-gov-east-1b")]
    [InlineData("AvailabilityZone = us-west-2-lax-1a", "us-west-2", "us-west-2-lax-1a")]
    [InlineData("Region = eu-central-1", "eu-central-1", null)]
    [InlineData("Region = eu-central-1\nAvailabilityZone = eu-central-1c", "eu-central-1", "eu-central-1c")]
    public void Region_and_zone_are_told_apart(string lines, string region, string? zone)
    {
        var settings = Aws("SSHKeyPairFile = keys/key.pem", lines).ShouldNotBeNull();
        settings.Region.ShouldBe(region);
        settings.Zone.ShouldBe(zone);
    }

    [Fact]
    public void What_is_neither_region_nor_zone_is_said_with_its_line()
    {
        Aws("SSHKeyPairFile = keys/key.pem", "AvailabilityZone = west").ShouldBeNull();
        var problem = _problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.ValueInvalid);
        problem.Line.ShouldBe(6);
        problem.Message.ShouldContain("west");
    }

    [Fact]
    public void Keys_may_be_left_to_the_standard_chain_or_a_profile()
    {
        var file = _folder.Write("settings", "[EC2]\nAvailabilityZone = us-west-2\nSSHKeyPair = p\nSSHKeyPairFile = keys/key.pem\n");
        AwsSettings.Read(file, _problems).ShouldNotBeNull().AccessKeyId.ShouldBeNull();
        File.AppendAllText(file, "Profile = work\n");
        AwsSettings.Read(file, _problems).ShouldNotBeNull().Profile.ShouldBe("work");
        _problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("AccessKeyId = A", "SecretAccessKey")]
    [InlineData("SecretAccessKey = S", "AccessKeyId")]
    [InlineData("AccessKeyId = A\nSecretAccessKey =", "SecretAccessKey")]
    [InlineData("AccessKeyId =\nSecretAccessKey = S", "AccessKeyId")]
    public void One_key_without_the_other_is_an_error(string lines, string missing)
    {
        var file = _folder.Write("settings", $"[EC2]\n{lines}\nAvailabilityZone = us-west-2\nSSHKeyPair = p\nSSHKeyPairFile = keys/key.pem\n");
        AwsSettings.Read(file, _problems).ShouldBeNull();
        var problem = _problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.KeyMissing);
        problem.Message.ShouldContain(missing);
    }

    [Fact]
    public void A_secret_in_a_file_whose_lines_are_all_indented_stays_a_secret()
    {
        var file = _folder.Write(
            "settings", $"[EC2]\n  AccessKeyId = AKIA\n  SecretAccessKey = {Secret}\n  AvailabilityZone = us-west-2\n  SSHKeyPair = p\n  SSHKeyPairFile = keys/key.pem\n");
        var settings = AwsSettings.Read(file, _problems).ShouldNotBeNull();
        settings.AccessKeyId.ShouldBe("AKIA");
        settings.SecretAccessKey!.Reveal().ShouldBe(Secret);
        settings.ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("SecretAccessKey = \u0001{0}\n{0}")]
    [InlineData("SecretAccessKey {0}")]
    [InlineData("SecretAccessKey = {0}\nSecretAccessKey = {0}")]
    [InlineData("Secret = {0}")]
    [InlineData("{0} = SecretAccessKey")]
    public void No_error_repeats_a_line_that_may_hold_the_secret(string lines)
    {
        var file = _folder.Write("settings", "[EC2]\nAccessKeyId = AKIA\n" + lines.Replace("{0}", Secret, StringComparison.Ordinal) + "\n");
        AwsSettings.Read(file, _problems).ShouldBeNull();
        _problems.ShouldNotBeEmpty();

        // The name of an unknown key is repeated, as it has to be; a secret before an equals sign is its writer's own doing.
        _problems.Where(p => p.Id != ErrorId.KeyUnknown).ShouldAllBe(p => !p.ToString().Contains(Secret));
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("localhost:5000")]
    [InlineData("x")]
    public void An_endpoint_is_an_http_URL(string url)
    {
        Aws("SSHKeyPairFile = keys/key.pem", $"AvailabilityZone = us-west-2\nEndpointUrl = {url}").ShouldBeNull();
        _problems.ShouldHaveSingleItem().Message.ShouldContain(url);
    }

    [Fact]
    public void A_folder_or_ten_megabytes_in_place_of_either_file_is_an_error()
    {
        var junk = _folder.Write("junk", new string('x', 10 * 1024 * 1024));
        foreach (var path in (string[])[junk, _folder.Path])
        {
            AwsSettings.Read(path, _problems).ShouldBeNull();
            InstanceConfig.Read(path, _problems).ShouldBeNull();
        }

        _problems.Count.ShouldBe(4);
        _problems.ShouldAllBe(p => p.Id == ErrorId.SettingsSyntax && p.File != null);
    }

    [Fact]
    public void A_configuration_without_the_optional_keys_has_the_documented_defaults()
    {
        var config = Config("").ShouldNotBeNull();
        (config.SshUser, config.PublicAddress, config.MaxInstances, config.Port, config.Server, config.HealthPath, config.KeepReleases)
            .ShouldBe(("admin", true, 5, 8080, "gunicorn", "/", 5));
        (config.BootTimeout, config.HealthTimeout).ShouldBe((TimeSpan.FromSeconds(300), TimeSpan.FromSeconds(60)));
        config.Databases.ShouldBe(["default"]);
        config.DatabaseDumps.ShouldBeTrue();
        (config.VolumeSize, config.SecurityGroup, config.SubnetId, config.PuppetUrl).ShouldBe((null, null, null, null));
        config.PuppetConfigFile.ShouldBe(Path.Combine(_folder.Path, "site.pp"));
        _problems.ShouldBeEmpty();
    }

    [Fact]
    public void All_optional_keys_are_read()
    {
        var config = Config("[Django]\nPort = 80\nServer = RunServer\nHealthPath = /health\nSharedPaths = media, data\n  logs\nDatabases = default, audit\nDatabaseDumps = no\n[Environment]\nDEBUG = 1\nMixedCase = a=b\n").ShouldNotBeNull();
        (config.Port, config.Server, config.HealthPath).ShouldBe((80, "runserver", "/health"));
        config.SharedPaths.ShouldBe(["media", "data", "logs"]);
        config.Databases.ShouldBe(["default", "audit"]);
        config.DatabaseDumps.ShouldBeFalse();
        config.Environment.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["DEBUG"] = "1", ["MixedCase"] = "a=b" });
    }

    [Theory]
    [InlineData("[Django]\nPort = 0", "Port = 0")]
    [InlineData("[Django]\nPort = 65536", "Port = 65536")]
    [InlineData("[Django]\nPort = http", "Port = http")]
    [InlineData("[Django]\nPort = 8080 # web", "Port = 8080 # web")]
    [InlineData("[Django]\nServer = apache", "apache")]
    [InlineData("[Django]\nHealthPath = health", "HealthPath = health")]
    [InlineData("[Django]\nKeepReleases = 99999999999999999999", "KeepReleases")]
    [InlineData("[Django]\nHealthPath = /a b", "HealthPath = /a b")]
    [InlineData("[Django]\nSharedPaths = /etc", "/etc")]
    [InlineData("[Django]\nSharedPaths = media, ../other", "../other")]
    [InlineData("[Django]\nDatabases = default, a/b", "a/b")]
    [InlineData("[Django]\nDatabaseDumps = never", "DatabaseDumps")]
    [InlineData("[Environment]\nMY-VAR = 1", "MY-VAR")]
    [InlineData("[Environment]\nX = 1\n  2", "X cannot be")]
    public void A_value_that_cannot_be_is_said_with_its_line(string lines, string named)
    {
        Config(lines).ShouldBeNull();
        var problem = _problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.ValueInvalid);
        problem.Line.ShouldBe(7);
        problem.Message.ShouldContain(named);
    }

    [Theory]
    [InlineData("SshUser = -oProxyCommand=x", "EC2")]
    [InlineData("SshUser = a b", "EC2")]
    [InlineData("SubnetId = vpc-12345678", "EC2")]
    [InlineData("PublicAddress = maybe", "EC2")]
    [InlineData("VolumeSize = 0", "EC2")]
    [InlineData("MaxInstances = 1001", "EC2")]
    [InlineData("BootTimeout = soon", "EC2")]
    [InlineData("PuppetURL = bleh", "Puppet")]
    [InlineData("PuppetURL = ftp://example.org/puppet.deb", "Puppet")]
    [InlineData("PuppetURL = -O/tmp/x", "Puppet")]
    public void A_value_of_any_section_that_cannot_be_is_said_with_its_line(string line, string section)
    {
        var text = "[Puppet]\nPuppetConfigFile = site.pp\n[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n".Replace($"[{section}]\n", $"[{section}]\n{line}\n", StringComparison.Ordinal);
        InstanceConfig.Read(_folder.Write("config", text), _problems).ShouldBeNull();
        var problem = _problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.ValueInvalid);
        problem.Message.ShouldContain(line);
        problem.Line.ShouldBe(section == "EC2" ? 4 : 2);
    }

    [Theory]
    [InlineData("ami-12345678", true)]
    [InlineData("ami-0123456789abcdef0", true)]
    [InlineData("resolve:ssm:/aws/service/debian/release/12/latest/amd64", true)]
    [InlineData("ami-c7d092f7xxx", false)]
    [InlineData("ami-123", false)]
    [InlineData("ami-C7D092F7", false)]
    [InlineData("c7d092f7", false)]
    [InlineData("resolve:ssm:", false)]
    public void An_image_is_an_id_or_an_alias(string image, bool right)
    {
        var file = _folder.Write("config", $"[EC2]\nImageID = {image}\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n");
        (InstanceConfig.Read(file, _problems) is not null).ShouldBe(right);
        _problems.Select(p => p.Id).ShouldBe(right ? [] : [ErrorId.ImageMalformed]);
    }

    [Fact]
    public void Unknown_names_are_warnings_and_nothing_stops_for_them()
    {
        Config("[Django]\nPrt = 80\n[Extra]\nx = 1\n").ShouldNotBeNull();
        _problems.ShouldAllBe(p => p.Id == ErrorId.KeyUnknown && p.Severity == Severity.Warning);
        _problems.Select(p => p.Line).ShouldBe([7, 8]);
        _problems[0].Fix!.ShouldContain("Port");
    }

    private AwsSettings? Aws(params string[] lines)
    {
        var zone = lines.Length > 1 ? lines[1] : "AvailabilityZone = us-west-2";
        return AwsSettings.Read(
            _folder.Write("settings", $"[EC2]\nAccessKeyId = AKIA\nSecretAccessKey = {Secret}\nSSHKeyPair = pair\n{lines[0]}\n{zone}\n"), _problems);
    }

    private InstanceConfig? Config(string more) => InstanceConfig.Read(
        _folder.Write("config", $"[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n{more}"), _problems);
}
