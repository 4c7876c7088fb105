using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>An EC2 that the client's contract is tested against.</summary>
public interface IContractEc2
{
    /// <summary>Why there is none, or null.</summary>
    string? Missing { get; }

    /// <summary>How to reach it.</summary>
    AwsSettings Settings { get; }

    /// <summary>An image that it has.</summary>
    string Image { get; }
}
