using System.Management.Automation;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.PowerShell;

/// <summary>The engine's errors as PowerShell's error records, with the same ids.</summary>
internal static class Errors
{
    public static ErrorRecord Record(Exception exception, object? about)
    {
        var id = exception is DeployException known ? known.Id : ErrorId.Unexpected;
        var message = about is not LOInstance instance || exception.Message.Contains(instance.Name, StringComparison.Ordinal)
            ? exception.Message
            : $"{instance.Name}: {exception.Message}";
        return new ErrorRecord(exception, id, Category(id), about) { ErrorDetails = new ErrorDetails(message) };
    }

    private static ErrorCategory Category(string id) => id switch
    {
        ErrorId.InvalidCount or ErrorId.Usage or ErrorId.ValueInvalid or ErrorId.ImageMalformed => ErrorCategory.InvalidArgument,
        ErrorId.SettingsFileMissing or ErrorId.KeyFileMissing or ErrorId.ManifestMissing or ErrorId.NotADjangoProject or ErrorId.ImageNotFound
            or ErrorId.KeyPairNotFound or ErrorId.InstanceTypeUnknown or ErrorId.DeploymentNotFound => ErrorCategory.ObjectNotFound,
        ErrorId.SettingsSyntax or ErrorId.SectionMissing or ErrorId.KeyMissing or ErrorId.ManifestInvalid => ErrorCategory.InvalidData,
        ErrorId.SettingsFileUnreadable or ErrorId.SettingsFileNotPrivate or ErrorId.KeyFileNotPrivate => ErrorCategory.PermissionDenied,
        ErrorId.CredentialsRejected or ErrorId.CredentialsMissing => ErrorCategory.AuthenticationError,
        ErrorId.HostKeyMismatch => ErrorCategory.SecurityError,
        ErrorId.ConnectionFailed or ErrorId.CloudUnreachable or ErrorId.CallerAddressUnknown => ErrorCategory.ConnectionError,
        ErrorId.InstanceUnreachable or ErrorId.HealthCheckFailed => ErrorCategory.OperationTimeout,
        ErrorId.DeploymentLocked => ErrorCategory.ResourceBusy,
        ErrorId.CapacityInsufficient => ErrorCategory.LimitsExceeded,
        _ => ErrorCategory.NotSpecified,
    };
}
