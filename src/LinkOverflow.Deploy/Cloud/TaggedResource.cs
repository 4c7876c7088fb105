namespace LinkOverflow.Deploy.Cloud;

/// <summary>A security group or a volume that was found by its tags.</summary>
/// <param name="Id">EC2's id.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="State">A volume's state (available, in-use, deleting ...); null for a security group, which has none.</param>
public sealed record TaggedResource(string Id, IReadOnlyDictionary<string, string> Tags, string? State = null);
