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
    public static CloudException Translate(AmazonServiceException e, AwsSettings settings, string credentials, string action)
    {
        if (e is not (AmazonEC2Exception or AmazonSimpleSystemsManagementException) || string.IsNullOrEmpty(e.ErrorCode))
        {
            return Unreachable(e, settings, action, e.Message);
        }

        var source = $"EC2 in {settings.Region} answered {action} with {e.ErrorCode}: {e.Message} (request {e.RequestId})";
        Problem problem = e.ErrorCode switch
        {
            "AuthFailure" or "SignatureDoesNotMatch" or "InvalidClientTokenId" or "UnrecognizedClientException" or "InvalidAccessKeyId"
                or "ExpiredToken" or "RequestExpired" => new(
                    ErrorId.CredentialsRejected,
                    $"AWS refused the credentials: {credentials}. {source}",
                    "Compare key id and secret with the IAM console, and this machine's clock with the real time."),
            "UnauthorizedOperation" or "AccessDenied" or "AccessDeniedException" => new(
                ErrorId.PermissionDenied,
                $"The account's policies do not allow {action}: {credentials}. {source}",
                "Ask for the permission to call it."),
            "InvalidKeyPair.Duplicate" => new(
                ErrorId.KeyPairExists,
                $"Region {settings.Region} has a key pair of that name already. {source}",
                "Choose another name, or use that pair where you have its private half."),
            "InvalidKeyPair.NotFound" => new(
                ErrorId.KeyPairNotFound,
                $"Key pair {settings.KeyPair} is unknown in region {settings.Region}. {source}",
                "Correct SSHKeyPair or the region in the settings."),
            "InvalidAMIID.Malformed" => new(ErrorId.ImageMalformed, source, "Correct ImageID in instance.config."),
            "InvalidAMIID.NotFound" or "InvalidAMIID.Unavailable" or "OptInRequired" => new(
                ErrorId.ImageNotFound, source, "An image belongs to one region; one from the Marketplace has to be subscribed to first."),
            "InsufficientInstanceCapacity" or "InstanceLimitExceeded" or "VcpuLimitExceeded" or "InsufficientFreeAddressesInSubnet" =>
                new(ErrorId.CapacityInsufficient, source, "Try another zone or instance type, or a smaller number."),
            "Unsupported" => new(ErrorId.InstanceTypeUnknown, source, "Try another zone or instance type."),
            _ => new(ErrorId.CloudError, source),
        };
        return new CloudException(problem, e.ErrorCode, e.RequestId, IsTransient(e), e);
    }

    public static DeployException UnknownImage(string image, string region) => new(
        ErrorId.ImageNotFound,
        $"Image {image} is unknown in region {region}, or not open to this account.",
        "An image belongs to one region; one from the Marketplace has to be subscribed to first.");

    public static CloudException Unreachable(Exception e, AwsSettings settings, string action, string why) => new(
        new Problem(
            ErrorId.CloudUnreachable,
            $"EC2 could not be reached for {action} at {settings.EndpointUrl ?? $"region {settings.Region}"}: {why.TrimEnd('.')}.",
            UnknownRegion(settings) ?? "Check the network, the proxy settings, and Region or EndpointUrl in the settings."),
        code: null,
        requestId: null,
        isTransient: true,
        e);

    /// <summary>A call that had no turn within its limit, see <see cref="IsOutOfTurn"/>.</summary>
    public static CloudException Throttled(Exception e, AwsSettings settings, string action) => new(
        new Problem(
            ErrorId.CloudError,
            $"EC2 in {settings.Region} throttles this account's calls, and {action} had no turn in time.",
            "Try again later; another program may call EC2 too often with the same account."),
        code: null,
        requestId: null,
        isTransient: true,
        e);

    /// <summary>
    /// The SDK, throttled, sends few calls a second, and gives a call up that others were let past too often: it was never sent, or was
    /// refused before, so it may be made again. Nothing but the message tells this apart.
    /// </summary>
    public static bool IsOutOfTurn(AmazonClientException e) =>
        e.Message.Contains("capacity could not be obtained", StringComparison.Ordinal);

    // Too little capacity may come as a fault of EC2's own (500), and is not over a moment later.
    private static bool IsTransient(AmazonServiceException e) =>
        e.ErrorCode is "RequestLimitExceeded" or "Throttling" or "ThrottlingException" or "RequestThrottled" or "EC2ThrottledException"
        || ((int)e.StatusCode >= 500 && e.ErrorCode is not ("InsufficientInstanceCapacity" or "InsufficientHostCapacity"));

    // A region that AWS opened after this build would answer; one that does not exist is not to be reached.
    private static string? UnknownRegion(AwsSettings settings) =>
        settings.EndpointUrl is not null || Ec2Names.Regions().Contains(settings.Region, StringComparer.Ordinal)
            ? null
            : $"Is there a region {settings.Region}? The nearest known ones are {string.Join(", ", NearestName.Nearest(settings.Region, Ec2Names.Regions(), count: 3))}.";
}
