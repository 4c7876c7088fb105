using System.Text.RegularExpressions;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>
/// The secret key and the private key of a lab of the test's own, looked for in everything that comes out of every command of <c>launch</c>,
/// of the cmdlets where there is a PowerShell, successes and failures: all outputs, the report, the process list with its SSH commands, and the files that are left.
/// </summary>
public sealed partial class SecretsTests(OwnLab lab) : IClassFixture<OwnLab>
{
    // The files that are there to hold them.
    private static readonly string[] Own = [".aws.settings", "aws-config", "credentials.json", "lab.pem", "settings"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Category", "Machines")]
    public async Task Secrets_are_in_no_output_no_process_list_no_report_and_no_file_but_their_own()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        using var folder = new DisposableFolder();
        var report = Path.Combine(folder.Path, "report.html");
        await using var processes = new ProcessListWatch();
        var came = new List<(string What, string Text)>();
        async Task<ProgramResult> RunAsync(int expected, params string[] arguments)
        {
            var result = await lab.RunAsync("bin/launch/launch", arguments);
            var what = string.Join(' ', arguments);
            result.ExitCode.ShouldBe(expected, $"{what}: {result.Error}");
            came.Add((what, result.Output + result.Error));
            return result;
        }

        await RunAsync(0, "samples/linkoverflow", "1", "--check", "--lab", "--json", "--verbose");
        var state = Path.Combine(lab.State, "linkoverflow", "lab");
        var settings = await File.ReadAllTextAsync(Path.Combine(state, ".aws.settings"), Cancellation);
        string[] secrets =
        [
            SecretRegex().Match(settings).Groups["value"].Value,
            .. (await File.ReadAllLinesAsync(Path.Combine(state, "lab.pem"), Cancellation)).Where(l => l.Length > 0 && !l.StartsWith("-----", StringComparison.Ordinal)),
        ];
        secrets.Length.ShouldBeGreaterThan(1);
        secrets.ShouldAllBe(s => s.Length >= 16);

        // A whole deployment with all that it can print, and its end.
        var launch = await RunAsync(0, "samples/linkoverflow", "1", "--lab", "--json", "--verbose", "--report", report);
        await RunAsync(0, "--remove", DeploymentRegex().Match(launch.Output).Value, "--lab", "--verbose");

        // What fails on a host, before EC2 is asked, and by EC2's word.
        var config = folder.Write("instance.config", (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "instance.config"), Cancellation))
            .Replace("puppet/linkoverflow.pp", Path.Combine(Repository.Root, "puppet/linkoverflow.pp"), StringComparison.Ordinal)
            .Replace("PuppetURL =", "PuppetURL = http://bleh.invalid/puppet.deb", StringComparison.Ordinal));
        await RunAsync(1, "samples/linkoverflow", "1", "--lab", "--verbose", "--instance-config", config);
        foreach (var (was, now) in ((string, string)[])
                 [
                     ("AccessKeyId", "AccessId"), ("SecretAccessKey =", "SecretAccessKey"), ("SecretAccessKey", "SecretAccesKey"), ("[EC2]", "[EC3]"), ("SSHKeyPair = ", "SSHKeyPair = x"),
                     ("AccessKeyId = ", "AccessKeyId = X"), ("us-west-2a", "us-west-2x"), ("SecretAccessKey = ", "SecretAccessKey =\n"), ("EndpointUrl = http://127.0.0.1", "EndpointUrl = http://127.0.0.2"),
                 ])
        {
            var file = folder.Write("settings", settings.Replace(was, now, StringComparison.Ordinal));
            var failed = await lab.RunAsync("bin/launch/launch", "samples/linkoverflow", "1", "--aws-settings", file, "--verbose", "--json");
            failed.ExitCode.ShouldBeOneOf(1, 2);
            came.Add(($"{was} -> {now}", failed.Output + failed.Error));
            failed = await lab.RunAsync("bin/launch/launch", "--remove", "nothing", "--aws-settings", file);
            came.Add(($"remove, {was} -> {now}", failed.Output + failed.Error));
        }

        // The cmdlets, with every stream that they have, where there is a PowerShell.
        if (await HasPowerShellAsync())
        {
            var script = folder.Write("cmdlets.ps1", $$"""
                Import-Module ./LinkOverflow.Deploy.psd1
                $InformationPreference = $VerbosePreference = $DebugPreference = 'Continue'
                $site = 'samples/linkoverflow'
                Get-LOLab | Format-List *
                Test-LOSettings $site -Lab | Format-List *
                $made = New-LOInstance $site 1 -Lab
                $made | Install-LOPuppet | Publish-LODjango -Project $site | Format-List *
                $made | Install-LOPuppet -InstanceConfig {{config}}
                $made | Get-LORelease | Format-List *
                $made | Invoke-LOCommand id | Format-List *
                $made | Get-LOLog
                Start-LODeployment $site -Resume $made.Deployment -Lab -Summary -Report {{report}}.resumed | Format-List *
                Update-LODeployment $made.Deployment $site -Lab | Format-List *
                Test-LODeployment $made.Deployment -Lab | Format-List *
                Get-LODeployment -Lab | Format-List *
                Get-LOInstance -Lab | Format-List *
                foreach ($bad in 'AccessKeyId = X', 'SecretAccessKey = X', 'SSHKeyPair = X') {
                    $file = '{{folder.Path}}/bad'
                    (Get-Content '{{Path.Combine(state, ".aws.settings")}}') -replace "^$($bad.Split(' ')[0]) = ", $bad | Set-Content $file
                    chmod 600 $file
                    Test-LOSettings $site -AwsSettings $file | Format-List *
                    foreach ($command in { Start-LODeployment $site 1 -AwsSettings $file }, { New-LOInstance $site 1 -AwsSettings $file }, { Get-LODeployment -AwsSettings $file }, { Remove-LODeployment none -AwsSettings $file -Confirm:$false }) {
                        try { & $command } catch { $_ | Format-List * -Force; $_.Exception.ToString() }
                    }
                }
                Remove-LODeployment $made.Deployment -Lab -Confirm:$false
                'the end'
                """);
            var cmdlets = await lab.RunAsync("pwsh", "-NoProfile", "-Command", $"& '{script}' *>&1 | Out-String -Width 4096");
            cmdlets.Output.ShouldContain("the end", customMessage: cmdlets.Error);
            cmdlets.Output.ShouldContain("CredentialsRejected");
            cmdlets.Output.ShouldContain("PuppetInstallFailed");
            came.Add(("the cmdlets", cmdlets.Output + cmdlets.Error));
            File.Delete(Path.Combine(folder.Path, "bad"));
        }

        came.Add(("the report", await File.ReadAllTextAsync(report, Cancellation)));
        var seen = await processes.StopAsync();
        seen.ShouldContain(c => c.StartsWith("ssh ") && c.Contains(lab.State), "The watch saw no SSH command, so it says nothing.");
        came.AddRange(seen.Select(c => ("a process", c)));
        foreach (var file in Directory.EnumerateFiles(lab.State, "*", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(folder.Path)).Where(f => !Own.Contains(Path.GetFileName(f))))
        {
            // By cat, because .NET locks what it reads, and the lab holds the lock of a file.
            came.Add((file, (await lab.RunAsync("cat", file)).Output));
        }

        came.Where(c => secrets.Any(s => c.Text.Contains(s, StringComparison.Ordinal))).Select(c => c.What).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_check_needs_little_time_of_its_own()
    {
        Assert.SkipWhen(lab.Missing is not null, lab.Missing ?? "");
        await lab.RunAsync("bin/launch/launch", "--check", "--lab");
        var settings = Path.Combine(lab.State, "linkoverflow", "lab", ".aws.settings");
        // Without the time of a Puppet that is installed here, which takes most of it to look at the manifest.
        var puppet = Directory.CreateDirectory(Path.Combine(lab.State, "no-puppet")).FullName;
        File.CreateSymbolicLink(Path.Combine(puppet, "puppet"), "/bin/true");
        var least = double.MaxValue;
        for (var run = 0; run < 3; run++)
        {
            var time = await lab.RunAsync("bash", "-c", $"TIMEFORMAT='%R %U %S'; PATH='{puppet}':$PATH; time bin/launch/launch samples/linkoverflow 3 --check --quiet --aws-settings '{settings}'");
            time.ExitCode.ShouldBe(0, time.Error);
            var seconds = time.Error.Trim().Split('\n')[^1].Split(' ').Select(s => double.Parse(s, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
            TestContext.Current.SendDiagnosticMessage("A whole check took {0} s.", seconds[0]);

            // The processor's time, which other work on this machine lengthens less than the clock's, and the least of it.
            least = Math.Min(least, seconds[1] + seconds[2]);
        }

        least.ShouldBeLessThan(2);
    }

    private async Task<bool> HasPowerShellAsync()
    {
        try
        {
            return (await lab.RunAsync("pwsh", "-NoProfile", "-Version")).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    [GeneratedRegex("(?m)^SecretAccessKey = (?<value>.+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SecretRegex();

    [GeneratedRegex("linkoverflow-[0-9a-f]{8}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DeploymentRegex();

    private sealed class DisposableFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("lo-secrets-").FullName;

        public string Write(string name, string text)
        {
            var file = System.IO.Path.Combine(Path, name);
            File.WriteAllText(file, text);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return file;
        }

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
