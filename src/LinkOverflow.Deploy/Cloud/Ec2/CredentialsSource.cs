using Amazon.Runtime;
using Amazon.Runtime.CredentialManagement;
using Amazon.Runtime.Credentials;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>The credentials that some settings lead to, and where they were found. Settings with the same keys share one, whatever file they stand in.</summary>
/// <param name="Credentials">The AWS SDK's object; a role's or a sign-in's renew themselves.</param>
/// <param name="Describe">Where the settings at hand have them from, for people; no secret.</param>
/// <param name="Profile">The profile to sign in to where they give nothing, or null.</param>
internal sealed record CredentialsSource(AWSCredentials Credentials, Func<AwsSettings, string> Describe, string? Profile = null)
{
    /// <summary>The settings' keys, their profile, or the standard AWS chain, in this order.</summary>
    /// <exception cref="DeployException">CredentialsMissing.</exception>
    public static CredentialsSource Find(AwsSettings settings)
    {
        if (settings.Profile is { } profile)
        {
            return new CredentialProfileStoreChain().TryGetAWSCredentials(profile, out var credentials)
                ? new CredentialsSource(credentials, settings => $"profile {profile} named in {settings.File}", profile)
                : throw new DeployException(
                    ErrorId.CredentialsMissing,
                    $"Profile = {profile} in {settings.File} names no usable AWS profile.",
                    Ec2Names.ProfilesInWords());
        }

        if (settings.AccessKeyId is { } id && settings.SecretAccessKey is { } secret)
        {
            return new CredentialsSource(
                settings.SessionToken is { } token
                    ? new SessionAWSCredentials(id, secret.Reveal(), token.Reveal())
                    : new BasicAWSCredentials(id, secret.Reveal()),
                settings => $"key id {id} from {settings.File}");
        }

        try
        {
            var found = DefaultAWSCredentialsIdentityResolver.GetCredentials();
            var chain = $"the standard AWS credential chain ({Link(found)})";
            return new CredentialsSource(found, _ => chain);
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

    /// <summary>Has a role assumed and a sign-in's keys fetched where that is due, so that its failure is not taken for EC2's.</summary>
    /// <exception cref="DeployException">CredentialsMissing, CredentialsRejected.</exception>
    public async Task RequireAsync(AwsSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await Credentials.GetCredentialsAsync().WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is AmazonClientException or AmazonServiceException or InvalidOperationException or HttpRequestException or IOException)
        {
            var refusal = e as AmazonServiceException ?? e.InnerException as AmazonServiceException;
            var why = e.InnerException is { } inner && !e.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{e.Message} ({inner.Message})" : e.Message;
            throw new DeployException(
                refusal is not null ? ErrorId.CredentialsRejected : ErrorId.CredentialsMissing,
                $"No credentials could be had from {Describe(settings)}: {why}{(refusal is null ? "" : $" (AWS answered {refusal.ErrorCode}, request {refusal.RequestId})")}",
                Profile is null ? "Check what the chain finds: aws sts get-caller-identity" : $"Sign in or correct the profile: aws sso login --profile {Profile}",
                e);
        }
    }

    // By its name: which of the SDK's classes stands for what is not part of its contract.
    private static string Link(AWSCredentials found) => found.GetType().Name switch
    {
        nameof(EnvironmentVariablesAWSCredentials) => "environment variables",
        var name when name.Contains("InstanceProfile", StringComparison.Ordinal) => "the role of the machine",
        var name when name.Contains("Container", StringComparison.Ordinal) || name.Contains("ECS", StringComparison.Ordinal) => "the role of the container",
        var name when name.Contains("WebIdentity", StringComparison.Ordinal) => "a web identity token",
        _ => $"profile {Environment.GetEnvironmentVariable("AWS_PROFILE") ?? "default"} of ~/.aws",
    };
}
