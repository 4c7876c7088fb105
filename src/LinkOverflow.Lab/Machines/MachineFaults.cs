namespace LinkOverflow.Lab.Machines;

/// <summary>What a machine is asked to do wrong when it boots for the first time.</summary>
/// <param name="FailsToBoot">Says so on its console and switches itself off.</param>
/// <param name="BootDelay">Waits so long before it makes its host key and starts sshd.</param>
/// <param name="WrongHostKey">Says another host key on its console than its sshd has.</param>
/// <param name="DiskFull">Ends its first boot with a disk that takes nothing more.</param>
public sealed record MachineFaults(bool FailsToBoot, TimeSpan BootDelay, bool WrongHostKey, bool DiskFull)
{
    /// <summary>Nothing goes wrong.</summary>
    public static MachineFaults None { get; } = new(false, TimeSpan.Zero, false, false);
}
