using System.Security.Cryptography;
using System.Text.Json;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>The access keys that the lab accepts; random for each state folder, and the same after a restart.</summary>
/// <param name="AccessKeyId">LAB and 17 characters, 20 together as AWS's have.</param>
/// <param name="SecretAccessKey">40 characters.</param>
internal sealed record LabCredentials(string AccessKeyId, string SecretAccessKey)
{
    public const string KeyPairName = "lab";

    /// <summary>The key of a second user, whose calls are refused with UnauthorizedOperation where they would change something.</summary>
    public AccessKey? Reader { get; init; }

    /// <summary>Reads those of the state folder, or makes them; and the key pair with them.</summary>
    public static async Task<LabCredentials> OpenAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        await EnsureKeyPairAsync(folders, cancellationToken);
        if (File.Exists(folders.Credentials))
        {
            try
            {
                if (JsonSerializer.Deserialize<LabCredentials>(await File.ReadAllTextAsync(folders.Credentials, cancellationToken)) is { AccessKeyId.Length: > 0, SecretAccessKey.Length: > 0, Reader: not null } kept)
                {
                    return kept;
                }
            }
            catch (JsonException)
            {
                // Half a file from a full disk; new ones are as good.
            }
        }

        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        const string All = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        static AccessKey Make() => new("LAB" + RandomNumberGenerator.GetString(Letters, 17), RandomNumberGenerator.GetString(All, 40));
        var all = Make();
        var made = new LabCredentials(all.Id, all.Secret) { Reader = Make() };
        await PrivateFile.WriteAsync(folders.Credentials, JsonSerializer.Serialize(made), cancellationToken);
        return made;
    }

    private static async Task EnsureKeyPairAsync(LabFolders folders, CancellationToken cancellationToken)
    {
        var publicFile = folders.KeyFile + ".pub";
        if (File.Exists(folders.KeyFile) && File.Exists(publicFile) && KeyMaterial.Read(await File.ReadAllTextAsync(publicFile, cancellationToken)) is not null)
        {
            return;
        }

        File.Delete(folders.KeyFile);
        File.Delete(publicFile);
        await KeyMaterial.GenerateAsync(folders.KeyFile, KeyPairName, cancellationToken);
        File.SetUnixFileMode(folders.KeyFile, UnixFileMode.UserRead);
    }
}
