namespace LinkOverflow.Lab.Protocol;

/// <summary>A refusal in AWS's own words: the codes of docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="code">AWS's error code.</param>
/// <param name="message">What is wrong.</param>
public sealed class ApiException(int status, string code, string message) : Exception(message)
{
    /// <summary>HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>AWS's error code.</summary>
    public string Code { get; } = code;

    /// <summary>A client's mistake, HTTP 400.</summary>
    public ApiException(string code, string message)
        : this(400, code, message)
    {
    }

    internal static ApiException Missing(string parameter) =>
        new("MissingParameter", $"The request must contain the parameter {parameter}");

    internal static ApiException Invalid(string value, string parameter) =>
        new("InvalidParameterValue", $"Value ({value}) for parameter {parameter} is invalid.");

    internal static ApiException Combination(string message) => new("InvalidParameterCombination", message);
}
