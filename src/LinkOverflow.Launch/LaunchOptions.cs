using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Launch;

/// <summary>What was typed.</summary>
internal sealed record LaunchOptions(
    string? Project,
    string? Count,
    string? AwsSettings,
    string? InstanceConfig,
    string? EnvironmentFile,
    bool Lab,
    int Minimum,
    string? Resume,
    bool BreakLock,
    HostKeyPolicy HostKeyPolicy,
    FailureAction OnFailure,
    int ThrottleLimit,
    string? Report,
    bool Json,
    bool Verbose,
    bool Check,
    bool Offline,
    bool Quiet,
    string? Remove)
{
    /// <summary>What is wrong with the words themselves, or null.</summary>
    public string? Wrong() =>
        Lab && AwsSettings is not null ? "--lab brings its own settings, so --aws-settings cannot go with it."
        : ThrottleLimit < 1 ? "--throttle-limit has to be at least 1."
        : AwsSettings is "" ? "--aws-settings names no file."
        : InstanceConfig is "" ? "--instance-config names no file."
        : EnvironmentFile is "" ? "--environment-file names no file."
        : (Offline || Quiet) && !Check ? "--offline and --quiet go with --check alone."
        : Remove is not null ? Project is null ? null : "--remove takes no project and no count."
        : Check ? null
        : Project is null ? "the arguments <project> and <count> are missing."
        : Count is null && Resume is null ? "the argument <count> is missing."
        : null;
}
