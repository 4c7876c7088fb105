namespace LinkOverflow.Deploy.Remote;

/// <summary>The user's folder for what can be found out again: known hosts. What belongs to a deployment is in EC2's tags alone.</summary>
public static class StateFolder
{
    /// <summary>$XDG_STATE_HOME/linkoverflow, ~/.local/state/linkoverflow, or its like on Windows.</summary>
    public static string Path
    {
        get
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var root = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state
                ? state
                : OperatingSystem.IsWindows()
                    ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                    : System.IO.Path.Combine(home, ".local", "state");
            return System.IO.Path.Combine(root, "linkoverflow");
        }
    }
}
