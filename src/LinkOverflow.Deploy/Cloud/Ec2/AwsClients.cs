using System.Collections.Concurrent;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>
/// The AWS SDK's clients for some settings. One set per region and credentials, whatever file they stand in, serves the whole process,
/// so that many runspaces share its connections and its adaptive retry budget.
/// </summary>
internal sealed class AwsClients
{
    private static readonly ConcurrentDictionary<ClientKey, AwsClients> Known = new();

    private readonly Lazy<AmazonSimpleSystemsManagementClient> _ssm;

    private AwsClients(AwsSettings settings)
    {
        Credentials = CredentialsSource.Find(settings);
        Ec2 = new Ec2Client(Credentials.Credentials, Configure(new AmazonEC2Config(), settings));
        _ssm = new(() => new AmazonSimpleSystemsManagementClient(
            Credentials.Credentials, Configure(new AmazonSimpleSystemsManagementConfig(), settings)));
    }

    public CredentialsSource Credentials { get; }

    /// <summary>In order of arrival: of many that wait for a throttled SDK at once, any may be given up.</summary>
    public SemaphoreSlim Turns { get; } = new(8);

    public AmazonEC2Client Ec2 { get; }

    /// <summary>Public parameters that stand for images; few settings need it.</summary>
    public AmazonSimpleSystemsManagementClient Ssm => _ssm.Value;

    /// <exception cref="Errors.DeployException">CredentialsMissing.</exception>
    public static AwsClients For(AwsSettings settings) => Known.GetOrAdd(
        new ClientKey(
            settings.Region,
            settings.EndpointUrl,
            settings.AccessKeyId,
            settings.SecretAccessKey?.Reveal(),
            settings.SessionToken?.Reveal(),
            settings.Profile),
        static (_, settings) => new AwsClients(settings),
        settings);

    private static T Configure<T>(T config, AwsSettings settings)
        where T : ClientConfig
    {
        config.RetryMode = RequestRetryMode.Adaptive;
        config.MaxErrorRetry = 5;

        // Of one attempt; Ec2Calls limits all of them together.
        config.Timeout = TimeSpan.FromSeconds(20);
        if (settings.EndpointUrl is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = settings.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        }

        return config;
    }

    private sealed record ClientKey(
        string Region, string? Endpoint, string? AccessKeyId, string? Secret, string? Token, string? Profile);
}
