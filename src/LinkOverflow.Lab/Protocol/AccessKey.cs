namespace LinkOverflow.Lab.Protocol;

/// <summary>An access key.</summary>
/// <param name="Id">20 characters.</param>
/// <param name="Secret">40 characters.</param>
internal sealed record AccessKey(string Id, string Secret);
