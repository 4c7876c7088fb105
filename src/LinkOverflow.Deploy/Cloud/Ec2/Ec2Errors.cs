using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>
/// Turns what EC2 refuses into errors a person can act on. The codes are those of
/// docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; code and request id always stay in the message.
/// </summary>
internal static class Ec2Errors
{
    public static DeployException Translate(AmazonServiceException e, AwsSettings settings, string credentials, string action)
    {
        if (e is not (AmazonEC2Exception or AmazonSimpleSystemsManagementException) || string.IsNullOrEmpty(e.ErrorCode))
        {
            return Unreachable(e, settings, action);
        }

        var source = $"EC2 in {settings.Region} answered {action} with {e.ErrorCode}: {e.Message} (request {e.RequestId})";
        return e.ErrorCode switch
        {
            "AuthFailure" or "SignatureDoesNotMatch" or "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidAccessKeyId"
                or "ExpiredToken" or "RequestExpired" => new DeployException(
                    ErrorId.CredentialsRejected,
                    $"AWS refused the credentials: {credentials}. {source}",
                    "Compare key id and secret with the IAM console, and this machine's clock with the real time.",
                    e),
            "UnauthorizedOperation" or "AccessDenied" or "AccessDeniedException" or "OperationNotPermitted" => new DeployException(
                ErrorId.PermissionDenied,
                $"The account's policies do not allow {action}: {credentials}. {source}",
                "Ask for the permission to call it.",
                e),
            "InvalidKeyPair.Duplicate" => new DeployException(
                ErrorId.KeyPairExists,
                $"Region {settings.Region} has a key pair of that name already. {source}",
                "Choose another name, or use that pair where you have its private half.",
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

    public static DeployException UnknownImage(string image, string region) => new(
        ErrorId.ImageNotFound,
        $"Image {image} is unknown in region {region}, or not open to this account.",
        "An image belongs to one region; one from the Marketplace has to be subscribed to first.");

    public static DeployException Unreachable(Exception e, AwsSettings settings, string action) => new(
        ErrorId.CloudUnreachable,
        $"EC2 could not be reached for {action} at {settings.EndpointUrl ?? $"region {settings.Region}"}: {e.Message}",
        UnknownRegion(settings) ?? "Check the network, the proxy settings, and Region or EndpointUrl in the settings.",
        e);

    // A region that AWS opened after this build would answer; one that does not exist is not to be reached.
    private static string? UnknownRegion(AwsSettings settings) =>
        settings.EndpointUrl is not null || Ec2Names.Regions().Contains(settings.Region, StringComparer.Ordinal)
            ? null
            : $"Is there a region {settings.Region}? The nearest known ones are {string.Join(", ", NearestName.Nearest(settings.Region, Ec2Names.Regions(), count: 3))}.";
}
