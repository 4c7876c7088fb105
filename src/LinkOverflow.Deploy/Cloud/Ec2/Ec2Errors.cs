using Amazon.EC2;
using Amazon.Runtime;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>
/// Turns what EC2 refuses into errors a person can act on. The codes are those of
/// docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; code and request id always stay in the message.
/// </summary>
internal static class Ec2Errors
{
    public static DeployException Translate(AmazonServiceException e, AwsSettings settings, string action)
    {
        if (e is not AmazonEC2Exception || string.IsNullOrEmpty(e.ErrorCode))
        {
            return Unreachable(e, settings, action);
        }

        var source = $"EC2 in {settings.Region} answered {action} with {e.ErrorCode}: {e.Message} (request {e.RequestId})";
        return e.ErrorCode switch
        {
            "AuthFailure" or "SignatureDoesNotMatch" or "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidAccessKeyId"
                or "ExpiredToken" or "RequestExpired" => new DeployException(
                    ErrorId.CredentialsRejected,
                    $"AWS refused the credentials: {CredentialsSource(settings)}. {source}",
                    "Compare key id and secret with the IAM console, and this machine's clock with the real time.",
                    e),
            "InvalidKeyPair.NotFound" => new DeployException(
                ErrorId.KeyPairNotFound,
                $"Key pair {settings.KeyPair} is unknown in region {settings.Region}. {source}",
                "Correct SSHKeyPair or the region in the settings.",
                e),
            "InvalidAMIID.Malformed" => new DeployException(ErrorId.ImageMalformed, source, "Correct ImageID in instance.config.", e),
            "InvalidAMIID.NotFound" or "InvalidAMIID.Unavailable" or "OptInRequired" => new DeployException(
                ErrorId.ImageNotFound, source, "An image belongs to one region; one from the Marketplace has to be subscribed to first.", e),
            "InsufficientInstanceCapacity" or "InstanceLimitExceeded" or "VcpuLimitExceeded" or "InsufficientFreeAddressesInSubnet" =>
                new DeployException(ErrorId.CapacityInsufficient, source, "Try another zone or instance type, or a smaller number.", e),
            "Unsupported" => new DeployException(ErrorId.InstanceTypeUnknown, source, "Try another zone or instance type.", e),
            _ => new DeployException(ErrorId.CloudError, source, null, e),
        };
    }

    public static DeployException Unreachable(Exception e, AwsSettings settings, string action) => new(
        ErrorId.CloudUnreachable,
        $"EC2 could not be reached for {action} at {settings.EndpointUrl ?? $"region {settings.Region}"}: {e.Message}",
        "Check the network, the proxy settings, and Region or EndpointUrl in the settings.",
        e);

    private static string CredentialsSource(AwsSettings settings) =>
        settings.AccessKeyId is { } id ? $"key id {id} from {settings.File}"
        : settings.Profile is { } profile ? $"profile {profile} named in {settings.File}"
        : "those of the standard AWS credential chain";
}
