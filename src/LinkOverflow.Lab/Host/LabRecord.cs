using System.Text.Json;

namespace LinkOverflow.Lab.Host;

/// <summary>A running lab, as lab.json in its state folder tells others.</summary>
/// <param name="Endpoint">Where it speaks the EC2 API: http://127.0.0.1:PORT.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Region">The region that it says it is.</param>
/// <param name="Started">When, ISO 8601 in UTC.</param>
/// <param name="Settings">The .aws.settings file with everything a client needs.</param>
/// <param name="KeyPair">Name of the key pair that it has from the start.</param>
/// <param name="KeyFile">That pair's private half.</param>
/// <param name="AccessKeyId">The key id that it accepts.</param>
/// <param name="State">Its state folder.</param>
internal sealed record LabRecord(
    string Endpoint, int Pid, string Region, string Started, string Settings, string KeyPair, string KeyFile, string AccessKeyId, string State)
{
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        // What reads it is no browser; a + in a time stays a +.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The record of a lab that runs; null when none does.</summary>
    public static LabRecord? Find(LabFolders folders)
    {
        try
        {
            // A lab that has just started holds the lock before it removes the record of one that was killed.
            return Machines.FileLock.IsTaken(folders.Lock) && JsonSerializer.Deserialize<LabRecord>(File.ReadAllText(folders.Record), Json) is { } record && Machines.RunningProcess.Exists(record.Pid)
                ? record
                : null;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
