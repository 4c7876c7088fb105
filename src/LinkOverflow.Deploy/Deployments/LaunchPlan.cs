using LinkOverflow.Deploy.Cloud;

namespace LinkOverflow.Deploy.Deployments;

/// <summary>What EC2 will be asked for: settings, tags and rules, as -WhatIf shows them.</summary>
public sealed record LaunchPlan
{
    private const int SshPort = 22;
    private const int LongestToken = 64;

    private LaunchPlan(DeploymentPlan plan, IReadOnlyList<string> sshFrom)
    {
        Plan = plan;
        OwnGroup = plan.Config.SecurityGroup is not null ? null : new SecurityGroupRequest(
            plan.Deployment,
            $"SSH and the site of deployment {plan.Deployment}",
            plan.Config.SubnetId,
            [
                .. sshFrom.Select(network => new OpenPort(SshPort, network)),
                .. plan.Config.Port == SshPort ? (IEnumerable<OpenPort>)[] : [new OpenPort(plan.Config.Port, "0.0.0.0/0")],
            ],
            InstanceTags.Of(plan));
    }

    /// <summary>The deployment.</summary>
    public DeploymentPlan Plan { get; }

    /// <summary>The security group of the deployment's own; null: the configuration names one that is there.</summary>
    public SecurityGroupRequest? OwnGroup { get; }

    /// <summary>The zone that instances are launched in; null: EC2 chooses, or the subnet tells.</summary>
    public string? Zone => Plan.Config.SubnetId is null ? Plan.Settings.Zone : null;

    /// <summary>Whether other zones may be tried where EC2 has too little room.</summary>
    public bool MayChangeZone => Zone is null && Plan.Config.SubnetId is null;

    /// <summary>Makes the plan; finds out where SSH will come from.</summary>
    /// <exception cref="Errors.DeployException">CallerAddressUnknown.</exception>
    public static async Task<LaunchPlan> MakeAsync(DeploymentPlan plan, CancellationToken cancellationToken) => new(
        plan,
        plan.SshFrom ?? (plan.Config.SecurityGroup is null
            ? await CallerAddress.FindAsync(plan.Settings, plan.Config, CallerAddress.Service, cancellationToken)
            : []));

    /// <summary>One launch.</summary>
    /// <param name="groupId">The security group's id.</param>
    /// <param name="attempt">Which launch of the deployment it is, from 1; a repeated one gives the same instances again.</param>
    /// <param name="zone">The zone, or null.</param>
    /// <param name="launched">How many instances the deployment has already.</param>
    public LaunchRequest Request(string groupId, int attempt, string? zone, int launched)
    {
        var suffix = $"{Plan.Found.Token}-{attempt}";
        var room = LongestToken - suffix.Length;
        return new LaunchRequest
        {
            ImageId = Plan.Config.ImageId,
            InstanceType = Plan.Config.InstanceType,

            // The first launch is all or nothing below the minimum; what further ones bring adds up.
            MinimumCount = attempt == 1 ? Plan.Minimum : 1,
            MaximumCount = Plan.Count - launched,
            KeyPair = Plan.Settings.KeyPair,
            SecurityGroupId = groupId,

            // An id is told from others by its end.
            ClientToken = (Plan.Deployment.Length > room ? Plan.Deployment[^room..] : Plan.Deployment) + suffix,
            Tags = InstanceTags.OfInstances(Plan, Plan.Found.NextNumber + launched, Plan.Count - launched),
            Zone = zone,
            SubnetId = Plan.Config.SubnetId,
            VolumeSize = Plan.Config.VolumeSize,
        };
    }

    /// <summary>The plan for people, a line each.</summary>
    public IReadOnlyList<string> Describe()
    {
        var config = Plan.Config;
        var lines = new List<string>
        {
            $"Launch {Plan.Count} x {config.InstanceType} of {config.ImageId} in {Plan.Settings.Zone ?? Plan.Settings.Region} for project {Plan.Project.Name}",
            $"  deployment:      {Plan.Deployment}",
            $"  instances:       {Plan.Project.Name}-1{(Plan.Count > 1 ? $" to {Plan.Project.Name}-{Plan.Count}" : "")}, at least {Plan.Minimum}",
            $"  place:           {(config.SubnetId is { } subnet ? $"subnet {subnet}" : Zone is { } zone ? $"zone {zone}" : $"region {Plan.Settings.Region}, EC2 chooses the zone")}",
            $"  login:           {config.SshUser} at the {(config.PublicAddress ? "public" : "private")} address, key pair {Plan.Settings.KeyPair} ({Plan.Settings.KeyFile})",
            $"  host keys:       {Plan.HostKeyPolicy}",
            $"  root volume:     {(config.VolumeSize is { } size ? $"{size} GiB" : "as large as the image's")}, encrypted, deleted with the instance",
            "  metadata:        IMDSv2 only",
            $"  boot timeout:    {config.BootTimeout.TotalSeconds:0} s",
        };
        lines.AddRange(OwnGroup is null
            ? [$"  security group:  {config.SecurityGroup}, which is there"]
            : [$"  security group:  {OwnGroup.Name}, new", .. OwnGroup.Ports.Select(p => $"    opens {p}")]);
        lines.Add("  tags:");
        lines.AddRange(InstanceTags.OfInstances(Plan, 1, Plan.Count)
            .Select(t => $"    {t.Key} = {t.Value}{(t.Key == DeploymentTags.Name && Plan.Count > 1 ? "-1, -2 ..." : "")}"));
        return lines;
    }
}
