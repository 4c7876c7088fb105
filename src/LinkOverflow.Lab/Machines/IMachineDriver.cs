namespace LinkOverflow.Lab.Machines;

/// <summary>
/// What the lab asks of the mechanism that runs its machines. A machine is known by its instance id. All calls may come
/// side by side, but never two at once for one machine.
/// </summary>
public interface IMachineDriver
{
    /// <summary>Makes ready what all machines share: kernel settings, base image, network. Takes a minute the first time.</summary>
    /// <param name="progress">Told what takes long, one line each.</param>
    /// <param name="cancellationToken">Ends it; what was half-made is removed by the next call.</param>
    /// <exception cref="MachineException">It cannot be made.</exception>
    Task PrepareAsync(Action<string> progress, CancellationToken cancellationToken);

    /// <summary>Makes and boots a new machine. Returns once it boots; its sshd comes later.</summary>
    /// <exception cref="MachineException">It does not start; nothing of it is left.</exception>
    Task LaunchAsync(MachineSpec machine, CancellationToken cancellationToken);

    /// <summary>Shuts a machine down in order and keeps its disk.</summary>
    Task StopAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Boots a stopped machine.</summary>
    Task StartAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Shuts a machine down in order and boots it again.</summary>
    Task RebootAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Kills a machine and removes its disk, network and files. One that is not there is no error.</summary>
    Task RemoveAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Makes every write to a running machine's disk fail for want of space, or ends that.</summary>
    Task SetDiskFullAsync(string instanceId, bool full, CancellationToken cancellationToken);

    /// <summary>Whether the machine's first process still lives: a machine can switch itself off.</summary>
    bool IsUp(string instanceId);

    /// <summary>Whether something listens on the machine's port of SSH.</summary>
    bool TakesLogins(string instanceId);

    /// <summary>What the machine's console printed since it was made; empty before it boots.</summary>
    Task<string> ReadConsoleAsync(string instanceId, CancellationToken cancellationToken);

    /// <summary>Sets a running machine's limits, until it stops.</summary>
    Task ResizeAsync(string instanceId, int cpus, int memoryMiB, CancellationToken cancellationToken);

    /// <summary>Saves a machine's disk, running or stopped, as an image that others boot from.</summary>
    /// <param name="instanceId">The machine.</param>
    /// <param name="image">The name of the image from now on.</param>
    /// <param name="cancellationToken">Ends it; nothing of the image is left.</param>
    Task SaveImageAsync(string instanceId, string image, CancellationToken cancellationToken);

    /// <summary>Removes a saved image; machines that run from it go on.</summary>
    Task RemoveImageAsync(string image, CancellationToken cancellationToken);

    /// <summary>Makes a disk.</summary>
    /// <param name="disk">Its name.</param>
    /// <param name="sizeGiB">Its size.</param>
    /// <param name="from">The disk whose content it gets; null for an empty one.</param>
    /// <param name="cancellationToken">Ends it; nothing of the disk is left.</param>
    Task CreateDiskAsync(string disk, int sizeGiB, string? from, CancellationToken cancellationToken);

    /// <summary>Removes a disk that no machine has.</summary>
    Task RemoveDiskAsync(string disk, CancellationToken cancellationToken);

    /// <summary>Whether a disk can be made a block device of a machine at all.</summary>
    bool HasBlockDevices => true;

    /// <summary>Makes a disk appear as a block device of a running machine, which forgets it when it stops.</summary>
    Task AttachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken);

    /// <summary>Takes a disk away from a machine, running or not.</summary>
    Task DetachDiskAsync(string instanceId, string disk, string device, CancellationToken cancellationToken);

    /// <summary>Whether a machine has mounted the device.</summary>
    bool IsMounted(string instanceId, string device);

    /// <summary>Replaces which addresses lead to which machines and what may reach them, all at once.</summary>
    Task ApplyAsync(NetworkPolicy policy, CancellationToken cancellationToken);

    /// <summary>Gives a machine that an earlier lab has made its network back, so that it can be started.</summary>
    /// <returns>Whether it is there.</returns>
    Task<bool> ResumeAsync(string instanceId, string privateAddress, CancellationToken cancellationToken);

    /// <summary>The names of the disks and images that there are, the public images with them.</summary>
    Task<IReadOnlySet<string>> StoredAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stops every machine of this lab and gives back what it has on this machine, also what a killed lab left. What is to be kept
    /// stays as files alone; everything else is removed.
    /// </summary>
    /// <param name="keep">Instances, disks and images that the next start needs.</param>
    /// <param name="cancellationToken">Ends it; the next call goes on.</param>
    /// <returns>What was found and removed, one line each.</returns>
    Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken);
}

/// <summary>What a machine is to be.</summary>
/// <param name="InstanceId">Its name everywhere.</param>
/// <param name="Image">The image it boots from.</param>
/// <param name="PrivateAddress">Its own IPv4 address.</param>
/// <param name="HostName">Its host name.</param>
/// <param name="AuthorizedKey">The line for the login user's authorized_keys; empty when launched without a key pair.</param>
/// <param name="UserData">What the instance was launched with; empty for none.</param>
/// <param name="Cpus">Upper limit in CPUs.</param>
/// <param name="MemoryMiB">Upper limit in MiB.</param>
public sealed record MachineSpec(
    string InstanceId, string Image, string PrivateAddress, string HostName, string AuthorizedKey, ReadOnlyMemory<byte> UserData, int Cpus, int MemoryMiB)
{
    /// <summary>What is to go wrong with it.</summary>
    public MachineFaults Faults { get; init; } = MachineFaults.None;
}

/// <summary>Which addresses lead to which machines, and what may reach them.</summary>
/// <param name="Machines">The machines that can be reached.</param>
/// <param name="Groups">The security groups they are in, and those that these name.</param>
public sealed record NetworkPolicy(IReadOnlyList<MachineAddress> Machines, IReadOnlyList<GroupPolicy> Groups);

/// <summary>One machine's addresses and groups.</summary>
/// <param name="PrivateAddress">Its own address.</param>
/// <param name="PublicAddress">The loopback address that leads to it; null for none.</param>
/// <param name="Groups">Ids of its security groups.</param>
/// <param name="IsCutOff">Whether no packet at all reaches or leaves it.</param>
public sealed record MachineAddress(string PrivateAddress, string? PublicAddress, IReadOnlyList<string> Groups, bool IsCutOff = false);

/// <summary>What a security group lets in and out; answers to what was let through always pass.</summary>
/// <param name="GroupId">sg-...</param>
/// <param name="Ingress">Nothing else comes in.</param>
/// <param name="Egress">Nothing else goes out.</param>
public sealed record GroupPolicy(string GroupId, IReadOnlyList<AllowedTraffic> Ingress, IReadOnlyList<AllowedTraffic> Egress);

/// <summary>One kind of traffic that is let through.</summary>
/// <param name="Protocol">tcp, udp, icmp, a protocol number, or -1 for all.</param>
/// <param name="FromPort">First port; -1 for all.</param>
/// <param name="ToPort">Last port; -1 for all.</param>
/// <param name="Cidr">IPv4 range of the other end, or null when <paramref name="PeerGroup"/> is given.</param>
/// <param name="PeerGroup">Id of the group whose machines are the other end.</param>
public sealed record AllowedTraffic(string Protocol, int FromPort, int ToPort, string? Cidr, string? PeerGroup);
