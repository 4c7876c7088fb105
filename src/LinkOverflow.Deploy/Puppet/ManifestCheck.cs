using System.Diagnostics;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Puppet;

/// <summary>Reads a manifest with the Puppet of this machine, where there is one, before a host has to.</summary>
public static class ManifestCheck
{
    // Where Puppet's own packages put it; a login shell has it on the PATH, others need not.
    private const string PuppetLabs = "/opt/puppetlabs/bin";

    /// <summary>Runs <c>puppet parser validate</c> (puppet.com/docs/puppet/7/man/parser.html), which reads files and changes nothing.</summary>
    /// <returns>The program that checked, null where there is none; and what is wrong, or null.</returns>
    public static async Task<(string? CheckedBy, Problem? Problem)> RunAsync(InstanceConfig config, CancellationToken cancellationToken)
    {
        if (Find("puppet") is not { } puppet)
        {
            return (null, null);
        }

        var start = new ProcessStartInfo(puppet, ["parser", "validate", "--color=false", config.PuppetConfigFile])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (null, null);
        }

        using (process)
        {
            try
            {
                process.StandardInput.Close();
                var error = process.StandardError.ReadToEndAsync(cancellationToken);
                var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
                await process.WaitForExitAsync(cancellationToken);
                var said = $"{output}{await error}".Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                return (puppet, process.ExitCode == 0 ? null : new Problem(
                    ErrorId.ManifestInvalid,
                    $"Puppet cannot read {config.PuppetConfigFile}:{Environment.NewLine}  {string.Join($"{Environment.NewLine}  ", said.TakeLast(12))}",
                    "Correct the manifest.",
                    config.File,
                    config.LineOf("PuppetConfigFile")));
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Append(PuppetLabs)
        .SelectMany(folder => OperatingSystem.IsWindows() ? (string[])[$"{program}.bat", $"{program}.exe"] : [program], Path.Combine)
        .FirstOrDefault(File.Exists);
}
