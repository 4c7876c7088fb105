using System.Diagnostics;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Settings;

/// <summary>Files of any bytes end in settings, or in problems with an id each; in neither case in anything else, and soon.</summary>
public sealed class AnyBytesTests : IDisposable
{
    private const int Files = 10_000;
    private const int MostMemory = 64 * 1024 * 1024;
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder _folder = new();

    private static readonly string[] Pieces =
    [
        "[EC2]\n", "[EC2]", "[Puppet]\n", "[Django]\n", "[Environment]\n", "[", "]", "\n", "\r\n", "\r", "=", " = ", ":", "#", ";", " ", "\t", "\0", "\uFEFF", "ÿ", "💥", "%", "$", "~", "{",
        "AccessKeyId = AKIA\n", "SecretAccessKey = s\n", "SessionToken = t\n", "Profile = p\n", "Region = us-west-2\n", "AvailabilityZone = us-west-2a\n", "AvailabilityZone = x\n",
        "SSHKeyPair = p\n", "SSHKeyPairFile = key.pem\n", "SSHKeyPairFile = \u0001\n", "EndpointUrl = http://[\n", "ImageID = ami-12345678\n", "InstanceType = t3.small\n", "VolumeSize = -1\n",
        "MaxInstances = 99999999999999\n", "PublicAddress = maybe\n", "PuppetConfigFile = site.pp\n", "Port = 80\n", "HealthPath = x\n", "SharedPaths = ,,\n", "Name = value\n",
        "[EC2]\nAvailabilityZone = us-west-2\nSSHKeyPair = p\nSSHKeyPairFile = key.pem\n",
        "[EC2]\nImageID = ami-12345678\nInstanceType = t3.small\n[Puppet]\nPuppetConfigFile = site.pp\n",
    ];

    // Bytes as they come, pieces of right files in any order, and both mixed; a third each.
    private static Gen<byte[]> Bytes { get; } = Gen.OneOf(
        ArbMap.Default.GeneratorFor<byte[]>(),
        Gen.Elements(Pieces).ListOf().Select(pieces => Encoding.UTF8.GetBytes(string.Concat(pieces))),
        Gen.OneOf(ArbMap.Default.GeneratorFor<byte[]>(), Gen.Elements(Pieces).Select(Encoding.UTF8.GetBytes)).ListOf().Select(parts => parts.SelectMany(p => p).ToArray()));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ten_thousand_files_of_any_bytes_are_settings_or_problems()
    {
        _folder.Write("key.pem", "none");
        _folder.Write("site.pp", "");
        var file = _folder.Write("file", "");
        var read = 0;
        foreach (var bytes in Gen.Sample(Bytes, Files, 40))
        {
            File.WriteAllBytes(file, bytes);
            read += Reads(bytes, problems => AwsSettings.Read(file, problems)) ? 1 : 0;
            read += Reads(bytes, problems => InstanceConfig.Read(file, problems)) ? 1 : 0;
        }

        // Some of them are right, else the property would say little.
        read.ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("\n")]
    [InlineData("[a]\n")]
    [InlineData("key = value\n")]
    [InlineData("[EC2]\n  continued\n")]
    public void Ten_megabytes_take_at_most_a_second_and_64_MiB(string piece)
    {
        var file = _folder.Write("big", string.Concat(Enumerable.Repeat(piece, 10 * 1024 * 1024 / piece.Length)));
        TakesLittle(file, problems => problems.Select(p => p.Id).ShouldBe([ErrorId.SettingsSyntax, ErrorId.SettingsSyntax]));
    }

    [Fact]
    public void The_largest_file_that_is_read_at_all_takes_no_more_whatever_its_names_are()
    {
        var text = new StringBuilder("[EC2]\n");
        for (var i = 0; text.Length < IniFile.MaximumBytes - 64; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"AccessKeyI{i} = \n");
        }

        TakesLittle(_folder.Write("names", text.ToString()), problems => problems.Count(p => p.Id == ErrorId.KeyUnknown).ShouldBe(42, "20 of each reader, and that there are more"));
    }

    private static void TakesLittle(string file, Action<List<Problem>> check)
    {
        // The best of three: this machine may have other things to do.
        var fastest = TimeSpan.MaxValue;
        for (var run = 0; run < 3; run++)
        {
            var problems = new List<Problem>();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            AwsSettings.Read(file, problems);
            InstanceConfig.Read(file, problems);
            fastest = clock.Elapsed < fastest ? clock.Elapsed : fastest;
            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(MostMemory);
            check(problems);
        }

        fastest.ShouldBeLessThan(MostTime);
    }

    private static bool Reads(byte[] bytes, Func<List<Problem>, object?> read)
    {
        var problems = new List<Problem>();
        object? value;
        try
        {
            value = read(problems);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{Convert.ToBase64String(bytes)} ended in {e}", e);
        }

        problems.ShouldAllBe(p => p.Id.Length > 0 && p.Message.Length > 0);
        (value is null).ShouldBe(problems.Any(p => p.Severity == Severity.Error), Convert.ToBase64String(bytes));
        return value is not null;
    }
}
