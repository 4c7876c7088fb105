namespace LinkOverflow.Lab.Host;

/// <summary>Where a lab keeps things.</summary>
/// <param name="State">What belongs to this one lab: keys, settings, log, machines' consoles. Mode 700.</param>
/// <param name="Cache">Base image and podman storage, shared by the labs of one user.</param>
internal sealed record LabFolders(string State, string Cache)
{
    /// <summary>What all labs on this machine share: who has which slot, and the kernel settings from before.</summary>
    public const string Shared = "/run/linkoverflow-lab";

    public string Record => Path.Combine(State, "lab.json");

    public string Settings => Path.Combine(State, ".aws.settings");

    /// <summary>The profiles for AWS's own clients: lab, and lab-reader who may only look.</summary>
    public string AwsConfig => Path.Combine(State, "aws-config");

    public string KeyFile => Path.Combine(State, "lab.pem");

    public string Credentials => Path.Combine(State, "credentials.json");

    /// <summary>The account: what the next start finds again.</summary>
    public string Account => Path.Combine(State, "account.json");

    public string Log => Path.Combine(State, "lab.log");

    /// <summary>Held by the running server.</summary>
    public string Lock => Path.Combine(State, "lab.lock");

    /// <summary>The process id of whoever holds the lock.</summary>
    public string Pid => Path.Combine(State, "lab.pid");

    /// <summary>Held by the process outside of a lab in a user namespace, which ends after the server: until what that had here is cleared away.</summary>
    public string OutsideLock => Path.Combine(State, "lab.outside.lock");

    /// <summary>The socket through which the process outside reaches a lab in a user namespace; by its name alone, for a socket's path must be short.</summary>
    public const string Gate = "lab.gate";

    /// <summary>What a lab in a user namespace has in the state folder while it runs.</summary>
    public IEnumerable<string> OfNamespace => ((string[])[Gate, "lab.netns", "network.log"]).Select(f => Path.Combine(State, f));

    /// <summary>Full paths, with the defaults of the XDG base directory specification where none is given.</summary>
    public static LabFolders From(string? state, string? cache) => new(
        state ?? Default("XDG_STATE_HOME", ".local/state"),
        cache ?? Default("XDG_CACHE_HOME", ".cache"));

    public void CreateState()
    {
        Directory.CreateDirectory(State);
        File.SetUnixFileMode(State, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Default(string variable, string below) =>
        Path.Combine(
            Environment.GetEnvironmentVariable(variable) is { Length: > 0 } folder ? folder : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), below),
            "linkoverflow",
            "lab");
}
