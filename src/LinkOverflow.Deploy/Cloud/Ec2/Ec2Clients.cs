using System.Collections.Concurrent;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>
/// Makes the AWS SDK's EC2 client from the settings. One client per region and credentials serves the whole process, so
/// that many runspaces share its connections and its adaptive retry budget.
/// </summary>
internal static class Ec2Clients
{
    private static readonly ConcurrentDictionary<ClientKey, AmazonEC2Client> Clients = new();

    public static AmazonEC2Client For(AwsSettings settings) => Clients.GetOrAdd(
        new ClientKey(
            settings.Region,
            settings.EndpointUrl,
            settings.AccessKeyId,
            settings.SecretAccessKey?.Reveal(),
            settings.SessionToken?.Reveal(),
            settings.Profile),
        static (_, settings) => Create(settings),
        settings);

    private static AmazonEC2Client Create(AwsSettings settings)
    {
        var config = new AmazonEC2Config
        {
            RetryMode = RequestRetryMode.Adaptive,
            MaxErrorRetry = 5,
            // Of one attempt; Ec2Calls limits all of them together.
            Timeout = TimeSpan.FromSeconds(20),
        };
        if (settings.EndpointUrl is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = settings.Region;
        }
        else
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(settings.Region);
        }

        return new AmazonEC2Client(Credentials(settings), config);
    }

    private static AWSCredentials Credentials(AwsSettings settings)
    {
        if (settings.Profile is { } profile)
        {
            return new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials)
                ? credentials
                : throw new DeployException(
                    ErrorId.CredentialsMissing,
                    $"Profile = {profile} in {settings.File} names no usable AWS profile.",
                    "See what `aws configure list-profiles` lists.");
        }

        if (settings.AccessKeyId is { } id && settings.SecretAccessKey is { } secret)
        {
            return settings.SessionToken is { } token
                ? new SessionAWSCredentials(id, secret.Reveal(), token.Reveal())
                : new BasicAWSCredentials(id, secret.Reveal());
        }

        try
        {
            return DefaultAWSCredentialsIdentityResolver.GetCredentials();
        }
        catch (AmazonClientException e)
        {
            throw new DeployException(
                ErrorId.CredentialsMissing,
                $"{settings.File} has neither keys nor a Profile, and the standard AWS credential chain (environment, ~/.aws, instance role) found none.",
                "Set AccessKeyId and SecretAccessKey, or Profile, in the settings file.",
                e);
        }
    }

    private sealed record ClientKey(
        string Region, string? Endpoint, string? AccessKeyId, string? Secret, string? Token, string? Profile);
}
