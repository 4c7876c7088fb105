using System.Text;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud;

/// <summary>Makes key pairs in EC2 whose private half is never anywhere but in its file.</summary>
public static class NewKeyPair
{
    /// <summary>Makes a pair and saves its private half with mode 400.</summary>
    /// <param name="cloud">The cloud to make it in.</param>
    /// <param name="name">The pair's name.</param>
    /// <param name="file">Where the private half goes; never one that is there, because a private key cannot be had again.</param>
    /// <param name="cancellationToken">Ends the question to EC2.</param>
    /// <exception cref="DeployException">SettingsFileExists, KeyPairExists or another refusal; neither the pair nor the file is left behind.</exception>
    public static async Task CreateAsync(ICloud cloud, string name, string file, CancellationToken cancellationToken)
    {
        // The file first: a pair whose private half cannot be saved is of no use.
        await using var stream = Open(file);
        try
        {
            var key = await cloud.CreateKeyPairAsync(name, cancellationToken);
            try
            {
                await stream.WriteAsync(Encoding.ASCII.GetBytes(key.Reveal().TrimEnd() + "\n"), CancellationToken.None);
                await stream.FlushAsync(CancellationToken.None);
            }
            catch (IOException e)
            {
                await cloud.DeleteKeyPairAsync(name, CancellationToken.None);
                throw CannotWrite(file, e);
            }
        }
        catch
        {
            File.Delete(file);
            throw;
        }
    }

    private static FileStream Open(string file)
    {
        if (File.Exists(file))
        {
            throw new SettingsException(new Problem(
                ErrorId.SettingsFileExists, $"{file} is there already; no key pair was made.", "A private key is never overwritten: name another file."));
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            return NewFile.Create(file, NewFile.ReadOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(file, e);
        }
    }

    private static SettingsException CannotWrite(string file, Exception e) =>
        new(new Problem(ErrorId.KeyFileUnreadable, $"{file} cannot be written: {e.Message}", "Name another place; no key pair was made."));
}
