using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Cloud;

/// <summary>EC2 refused a call, or could not be reached for it.</summary>
public sealed class CloudException : DeployException
{
    /// <summary>A refusal, or a call without an answer.</summary>
    /// <param name="problem">What it means to the user.</param>
    /// <param name="code">EC2's own error code; null where there was no answer.</param>
    /// <param name="requestId">EC2's id of the request; null where there was no answer.</param>
    /// <param name="isTransient">Whether the same call may succeed later.</param>
    /// <param name="inner">The client's own exception.</param>
    public CloudException(Problem problem, string? code, string? requestId, bool isTransient, Exception? inner = null)
        : base([problem], inner)
    {
        Code = code;
        RequestId = requestId;
        IsTransient = isTransient;
    }

    /// <summary>EC2's own error code, such as InsufficientInstanceCapacity; null where there was no answer.</summary>
    public string? Code { get; }

    /// <summary>EC2's id of the request, which AWS Support asks for; null where there was no answer.</summary>
    public string? RequestId { get; }

    /// <summary>True where the same call may succeed later: EC2 throttled it, failed itself, or gave no answer.</summary>
    public bool IsTransient { get; }
}
