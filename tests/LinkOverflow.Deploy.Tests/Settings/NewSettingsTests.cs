using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Cloud;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;
using LinkOverflow.Deploy.Tests.Cloud;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>What New-LOSettings writes: it reads back as the same values, for its owner alone, and nothing that was there is lost.</summary>
public sealed class NewSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _key;
    private readonly string _file;

    public NewSettingsTests()
    {
        _key = _folder.Write("key.pem", "none");
        _folder.Write("site.pp", "");
        _file = Path.Combine(_folder.Path, ".aws.settings");
    }

    // What people have in such values, and what nobody should.
    private static Gen<string> Value { get; } = Gen.OneOf(
        Gen.Elements("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a = b : c", "# no comment", "; none", "[x]", "100%", "%(a)s", "ä ☃ 💥", " blank", "line\nend", "\r", "\0", "\uD800", "\t", "a\u2028b"),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(s => s.Get));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ten_thousand_settings_read_back_as_they_were_written_or_are_refused()
    {
        var refused = 0;
        var values = Gen.Sample(Value.ArrayOf(4), 10_000, 20).Where(v => v.All(x => x.Length > 0)).ToArray();
        foreach (var value in values)
        {
            var settings = new NewAwsSettings
            {
                AccessKeyId = value[0], SecretAccessKey = new Secret(value[1]), SessionToken = new Secret(value[2]), AvailabilityZone = "us-west-2a", KeyPair = value[3], KeyFile = _key,
            };
            try
            {
                settings.Write(_file, overwrite: true);
            }
            catch (SettingsException e)
            {
                e.Id.ShouldBe(ErrorId.ValueInvalid);
                value.ShouldContain(v => v != v.Trim() || v.Any(char.IsControl) || v.Any(char.IsSurrogate) || v.Any(char.IsWhiteSpace));
                refused++;
                continue;
            }

            var problems = new List<Problem>();
            var read = AwsSettings.Read(_file, problems).ShouldNotBeNull(string.Join('\n', problems));
            problems.ShouldBeEmpty();
            (read.AccessKeyId, read.SecretAccessKey!.Reveal(), read.SessionToken!.Reveal(), read.KeyPair).ShouldBe((value[0], value[1], value[2], value[3]));
            (read.Region, read.Zone, read.KeyFile).ShouldBe(("us-west-2", "us-west-2a", _key));
        }

        refused.ShouldBeInRange(1, values.Length - 1);
    }

    [Fact]
    public void A_configuration_reads_back_as_it_was_written()
    {
        var file = Path.Combine(_folder.Path, "instance.config");
        var written = new NewInstanceConfig { ImageId = "ami-12345678", InstanceType = "m7i.large", SshUser = "ec2-user", PuppetConfigFile = "site.pp" };
        written.Write(file, overwrite: false);
        var problems = new List<Problem>();
        var read = InstanceConfig.Read(file, problems).ShouldNotBeNull();
        problems.ShouldBeEmpty();
        (read.ImageId, read.InstanceType, read.SshUser, read.PuppetConfigFile).ShouldBe(("ami-12345678", "m7i.large", "ec2-user", Path.Combine(_folder.Path, "site.pp")));
    }

    [Fact]
    public void A_new_configuration_has_the_products_manifest_beside_it_and_one_that_is_there_stays()
    {
        var file = Path.Combine(_folder.Path, "new", "instance.config");
        new NewInstanceConfig().Write(file, overwrite: false);
        ProductManifest.Write(Path.GetDirectoryName(file)!).ShouldNotBeEmpty();
        var problems = new List<Problem>();
        var manifest = InstanceConfig.Read(file, problems).ShouldNotBeNull().PuppetConfigFile;
        File.ReadAllText(manifest).ShouldBe(File.ReadAllText(Path.Combine(Repository.Root, "puppet", "linkoverflow.pp")));

        File.WriteAllText(manifest, "# mine");
        ProductManifest.Write(Path.GetDirectoryName(file)!).ShouldBeEmpty();
        File.ReadAllText(manifest).ShouldBe("# mine");
    }

    [Fact]
    public void Settings_are_for_their_owner_alone_even_over_a_file_that_was_not()
    {
        _folder.Write(".aws.settings", "old", NewFile.Public);
        var settings = new NewAwsSettings { Profile = "work", Region = "us-west-2", KeyPair = "pair", KeyFile = _key };
        Should.Throw<SettingsException>(() => settings.Write(_file, overwrite: false)).Id.ShouldBe(ErrorId.SettingsFileExists);
        File.ReadAllText(_file).ShouldBe("old");

        settings.Write(_file, overwrite: true);
        File.GetUnixFileMode(_file).ShouldBe(NewFile.Private);
        AwsSettings.Read(_file, []).ShouldNotBeNull().Profile.ShouldBe("work");
        Directory.GetFiles(_folder.Path, ".aws.settings*").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_key_pair_is_made_and_its_private_half_saved_for_its_owner_to_read()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().With("CreateKeyPair", "<keyName>new</keyName><keyMaterial>PRIVATE HALF</keyMaterial>").Answer);
        using var cloud = ec2.Cloud();
        var file = Path.Combine(_folder.Path, "keys", "new.pem");
        await NewKeyPair.CreateAsync(cloud, "new", file, Cancellation);
        (await File.ReadAllTextAsync(file, Cancellation)).ShouldBe("PRIVATE HALF\n");
        File.GetUnixFileMode(file).ShouldBe(NewFile.ReadOnly);

        // Never again over it.
        (await Should.ThrowAsync<SettingsException>(() => NewKeyPair.CreateAsync(cloud, "new", file, Cancellation))).Id.ShouldBe(ErrorId.SettingsFileExists);
        ec2.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_name_that_is_taken_leaves_no_file()
    {
        await using var ec2 = AnsweringEc2.Refusing("InvalidKeyPair.Duplicate");
        using var cloud = ec2.Cloud();
        var file = Path.Combine(_folder.Path, "new.pem");
        (await Should.ThrowAsync<DeployException>(() => NewKeyPair.CreateAsync(cloud, "taken", file, Cancellation))).Id.ShouldBe(ErrorId.KeyPairExists);
        File.Exists(file).ShouldBeFalse();
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_to_makes_no_pair()
    {
        await using var ec2 = new AnsweringEc2(new AgreeableEc2().Answer);
        using var cloud = ec2.Cloud();
        await Should.ThrowAsync<SettingsException>(() => NewKeyPair.CreateAsync(cloud, "new", Path.Combine(_key, "below", "a-file.pem"), Cancellation));
        ec2.Requests.ShouldBeEmpty();
    }
}
