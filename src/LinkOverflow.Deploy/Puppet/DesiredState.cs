using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Puppet;

/// <summary>What Puppet is asked to bring a host to, as one value: a host that has it needs no run.</summary>
internal static class DesiredState
{
    /// <summary>A hash of the manifest's files and the facts that are handed in.</summary>
    public static async Task<string> FingerprintAsync(string project, InstanceConfig config, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var root = config.PuppetConfigFile;
        var files = File.Exists(root) ? [root] : Directory.GetFiles(root, "*", SearchOption.AllDirectories);
        foreach (var file in files.Order(StringComparer.Ordinal))
        {
            var content = await File.ReadAllBytesAsync(file, cancellationToken);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(root, file)}\0{content.Length}\0")));
            hash.AppendData(content);
        }

        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{project}\0{config.Port}\0{PuppetStep.SiteUser}")));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
