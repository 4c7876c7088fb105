using System.Net;
using Amazon.EC2;
using Amazon.Runtime;
using Amazon.SimpleSystemsManagement;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>Makes calls: each ends within a limit, its retries included, and what goes wrong becomes a <see cref="CloudException"/>.</summary>
internal sealed class Ec2Calls(AwsSettings settings, TimeSpan limit)
{
    /// <summary>Six attempts with the pauses between them; none of them may be sent after it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    private readonly AwsClients _clients = AwsClients.For(settings);

    /// <summary>The same for all who make their calls with the same credentials in the same region.</summary>
    public object Client => _clients;

    /// <summary>Where the credentials come from, for people; no secret.</summary>
    public string Credentials => _clients.Credentials.Description;

    public Task<T> CallAsync<T>(string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        LimitedAsync(action, ending => call(_clients.Ec2, ending), cancellationToken);

    /// <summary>A call of Systems Manager, which knows the images behind public parameters.</summary>
    public Task<T> SsmAsync<T>(
        string action, Func<AmazonSimpleSystemsManagementClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        LimitedAsync(action, ending => call(_clients.Ssm, ending), cancellationToken);

    /// <summary>All pages of an answer.</summary>
    public async Task<IReadOnlyList<T>> PagesAsync<TResponse, T>(
        string action,
        Func<AmazonEC2Client, string?, CancellationToken, Task<TResponse>> call,
        Func<TResponse, (IEnumerable<T>? Items, string? Next)> read,
        CancellationToken cancellationToken)
    {
        var all = new List<T>();
        string? next = null;
        do
        {
            var (items, following) = read(await CallAsync(action, (client, ending) => call(client, next, ending), cancellationToken));
            all.AddRange(items ?? []);
            next = following;
        }
        while (!string.IsNullOrEmpty(next));
        return all;
    }

    /// <summary>A call that one refusal is as good as success for: gone already, or let through in a dry run.</summary>
    public async Task TolerateAsync<T>(string code, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(action, call, cancellationToken);
        }
        catch (CloudException e) when (e.Code == code)
        {
            // What was asked for.
        }
    }

    private async Task<T> LimitedAsync<T>(string action, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(limit);
        try
        {
            await _clients.Credentials.RequireAsync(ending.Token);
            return await call(ending.Token);
        }
        catch (AmazonServiceException e)
        {
            throw Ec2Errors.Translate(e, settings, Credentials, action);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or WebException or IOException)
        {
            throw Ec2Errors.Unreachable(e, settings, action, e.Message);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Ec2Errors.Unreachable(e, settings, action, "it gave no answer in time");
        }
    }
}
