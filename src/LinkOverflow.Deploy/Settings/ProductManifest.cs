namespace LinkOverflow.Deploy.Settings;

/// <summary>The product's own Puppet manifest, for folders that have none yet.</summary>
public static class ProductManifest
{
    private const string Prefix = "puppet/";

    /// <summary>Writes the manifest and what belongs to it below a folder; files that are there are left as they are.</summary>
    /// <param name="folder">The folder of instance.config.</param>
    /// <returns>The files that were written.</returns>
    /// <exception cref="Errors.SettingsException">A file cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder)
    {
        var written = new List<string>();
        var assembly = typeof(ProductManifest).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                continue;
            }

            using var resource = assembly.GetManifestResourceStream(name)!;
            using var content = new MemoryStream();
            resource.CopyTo(content);
            NewFile.Write(path, content.ToArray(), NewFile.Public, overwrite: false);
            written.Add(path);
        }

        return written;
    }
}
