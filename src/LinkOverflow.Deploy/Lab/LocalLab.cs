using System.Text.Json;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Lab;

/// <summary>The lab on this machine: an EC2 endpoint whose instances are local machines, in a process of its own.</summary>
/// <param name="Endpoint">Where it speaks the EC2 API.</param>
/// <param name="Settings">The .aws.settings file that it wrote for its users.</param>
public sealed record LocalLab(string Endpoint, string Settings)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The region that it says it is.</summary>
    public string Region { get; init; } = "";

    /// <summary>When it was started.</summary>
    public DateTimeOffset Started { get; init; }

    /// <summary>Its process id.</summary>
    public int Pid { get; init; }

    /// <summary>The access key id that it accepts; the secret is in its settings file alone.</summary>
    public string AccessKeyId { get; init; } = "";

    /// <summary>The name of the key pair that it has from the start.</summary>
    public string KeyPair { get; init; } = "";

    /// <summary>The private half of that key pair.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>The folder with everything that belongs to it.</summary>
    public string State { get; init; } = "";

    /// <summary>Its instances, terminated ones with them for a while.</summary>
    public IReadOnlyList<LabMachine> Machines { get; init; } = [];

    /// <summary>Finds the running lab, or starts one in the background; it outlives this process.</summary>
    /// <param name="progress">Told each line about what takes long: the base image is made once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">LabUnavailable, with the lab's own words.</exception>
    public static async Task<LocalLab> StartAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        var (exitCode, output, said) = await LabProgram.RunAsync(["start", "--detach"], progress, cancellationToken);
        return exitCode == 0 && output.Length > 0 ? JsonSerializer.Deserialize<LocalLab>(output, Json)! : throw Unavailable("The lab does not start", said);
    }

    /// <summary>The running lab with its machines; null when none runs.</summary>
    /// <exception cref="DeployException">LabUnavailable, with the lab's own words.</exception>
    public static async Task<LocalLab?> FindAsync(CancellationToken cancellationToken)
    {
        var (exitCode, output, said) = await LabProgram.RunAsync(["status", "--json"], _ => { }, cancellationToken);
        return exitCode switch
        {
            0 => JsonSerializer.Deserialize<LocalLab>(output, Json),
            LabProgram.NotRunning => null,
            _ => throw Unavailable("The lab cannot be asked", said),
        };
    }

    /// <summary>Stops the lab; its machines are stopped with it and come back with the next start.</summary>
    /// <param name="remove">Instead terminate all machines, and remove keys, images and disks.</param>
    /// <param name="progress">Told each line.</param>
    /// <param name="cancellationToken">Ends the wait; the lab stops nevertheless.</param>
    /// <exception cref="DeployException">LabUnavailable, with the lab's own words.</exception>
    public static async Task StopAsync(bool remove, Action<string> progress, CancellationToken cancellationToken)
    {
        var (exitCode, _, said) = await LabProgram.RunAsync(remove ? ["stop", "--remove"] : ["stop"], progress, cancellationToken);
        if (exitCode != 0)
        {
            throw Unavailable("The lab does not stop", said);
        }
    }

    private static DeployException Unavailable(string what, IReadOnlyList<string> said) =>
        new(ErrorId.LabUnavailable, $"{what}:{Environment.NewLine}{string.Join(Environment.NewLine, said.TakeLast(12))}");
}

/// <summary>One of the lab's instances.</summary>
/// <param name="Id">i-...</param>
/// <param name="State">EC2's word for its state.</param>
/// <param name="PublicAddress">The loopback address that leads to it; null for none.</param>
/// <param name="PrivateAddress">Its own address.</param>
public sealed record LabMachine(string Id, string State, string? PublicAddress, string PrivateAddress);
