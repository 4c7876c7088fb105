using System.Text.Json.Serialization;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Model;

/// <summary>An instance's state with EC2's code for it.</summary>
internal enum InstanceState
{
    Pending = 0,
    Running = 16,
    ShuttingDown = 32,
    Terminated = 48,
    Stopping = 64,
    Stopped = 80,
}

/// <summary>An instance as EC2 knows it. Everything that can change is read and changed under the account's lock.</summary>
internal sealed class Instance
{
    public required string Id { get; init; }

    public required string ReservationId { get; init; }

    public required MachineImage Image { get; init; }

    public required InstanceType Type { get; set; }

    /// <summary>The type that its machine was made as; another one's limits have to be set at each start.</summary>
    public required InstanceType LaunchedType { get; init; }

    public required KeyPair? KeyPair { get; init; }

    public required int LaunchIndex { get; init; }

    public required Zone Zone { get; init; }

    public required string PrivateAddress { get; init; }

    public required string? PublicAddress { get; set; }

    public required string? ClientToken { get; init; }

    public required ReadOnlyMemory<byte> UserData { get; init; }

    public required IReadOnlyList<SecurityGroup> Groups { get; set; }

    public required string RootVolumeId { get; init; }

    /// <summary>When it was launched first.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it was started last.</summary>
    public required DateTimeOffset LaunchTime { get; set; }

    /// <summary>optional or required: whether instance metadata asks for a token.</summary>
    public required string MetadataTokens { get; init; }

    public required bool DisableTermination { get; set; }

    public required bool DisableStop { get; set; }

    public required string ShutdownBehavior { get; set; }

    public required bool MonitoringEnabled { get; init; }

    public string InterfaceId { get; init; } = ResourceId.New("eni");

    public string AttachmentId { get; init; } = ResourceId.New("eni-attach");

    public InstanceState State { get; set; } = InstanceState.Pending;

    /// <summary>EC2's code and words for why it left the state it was in, such as Client.UserInitiatedShutdown.</summary>
    public (string Code, string Message)? Reason { get; set; }

    /// <summary>Whether its machine has its network.</summary>
    [JsonIgnore]
    public bool IsConnected { get; set; }

    /// <summary>Why its machine could not be made, where whoever launched it can do something about that.</summary>
    [JsonIgnore]
    public string? FailedLaunch { get; set; }

    public DateTimeOffset? TerminatedAt { get; set; }

    /// <summary>Until then no call finds it; a fault may make that later than now.</summary>
    [JsonIgnore]
    public DateTimeOffset VisibleFrom { get; set; }

    /// <summary>Whether a fault keeps every packet from it.</summary>
    [JsonIgnore]
    public bool IsCutOff { get; set; }

    /// <summary>What is to go wrong with its machine.</summary>
    public MachineFaults Faults { get; set; } = MachineFaults.None;

    /// <summary>What its console said before its machine went; null while there is a machine to ask.</summary>
    public string? LastConsole { get; set; }

    /// <summary>What is done to the machine, one thing after the other.</summary>
    [JsonIgnore]
    public SemaphoreSlim Turn { get; } = new(1);

    public string HostName => $"ip-{PrivateAddress.Replace('.', '-')}";

    public bool IsAlive => State is not (InstanceState.ShuttingDown or InstanceState.Terminated);

    public string StateName => NameOf(State);

    public static string NameOf(InstanceState state) => state switch
    {
        InstanceState.ShuttingDown => "shutting-down",
        InstanceState.Pending => "pending",
        InstanceState.Running => "running",
        InstanceState.Terminated => "terminated",
        InstanceState.Stopping => "stopping",
        _ => "stopped",
    };
}
