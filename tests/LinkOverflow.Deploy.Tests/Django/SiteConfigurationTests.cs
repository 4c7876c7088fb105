using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Remote;
using LinkOverflow.Deploy.Tests.Remote;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>The file of a site's environment, read by a real remote shell; tests on machines have systemd read it.</summary>
[Collection(SharedConnections.Name)]
public sealed class SiteConfigurationTests(LocalSshd sshd) : IClassFixture<LocalSshd>
{
    [Fact]
    public async Task Values_are_data_whatever_they_hold()
    {
        Assert.SkipWhen(sshd.Missing is not null, sshd.Missing ?? "");
        string[] hostile = ["", " ", " both ends ", "-rf", "'", "\"", "\\", "\\\\", "\\n", "$HOME", "${HOME}", "`id`", "$(id)", "*", "~", "é☃𝄞", "\t", ";&|<>", "!x", "%s %% %h", "#", "a=b", "\"$(id)\"'`id`'\\"];
        var generated = Gen.Sample(ArbMap.Default.GeneratorFor<NonNull<string>>(), 150, 120).Select(s => OneLine(s.Get));
        var values = hostile.Concat(generated).ToArray();
        var file = SiteConfiguration.Text(values.Select((value, n) => (Name: $"LO_{n}", Value: value)).ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal));
        await using var connection = await SshConnection.OpenAsync(sshd.Target, TestContext.Current.CancellationToken);
        var result = await connection.RunAsync(
            new RemoteScript("set -a; . /dev/stdin; for ((n = 0; n < $1; n++)); do v=LO_$n; printf '%s\\0' \"${!v}\"; done | base64 -w0", [$"{values.Length}"], AsRoot: false),
            async (stream, token) => await stream.WriteAsync(Encoding.UTF8.GetBytes(file), token),
            cancellationToken: TestContext.Current.CancellationToken);
        result.Error.ShouldBe("");
        Encoding.UTF8.GetString(Convert.FromBase64String(result.Output)).Split('\0')[..^1].ShouldBe(values);
    }

    // A settings file has no value of several lines.
    private static string OneLine(string text) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace("\0", "", StringComparison.Ordinal).ReplaceLineEndings("").Replace("\r", "", StringComparison.Ordinal)));
}
