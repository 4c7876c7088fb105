using System.Net;
using Amazon.EC2;
using Amazon.Runtime;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>Makes calls: each ends within a limit, its retries included, and what goes wrong becomes a <see cref="CloudException"/>.</summary>
internal sealed class Ec2Calls(AwsSettings settings, TimeSpan limit)
{
    /// <summary>Six attempts with the pauses between them; none of them may be sent after it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(100);

    /// <exception cref="Errors.DeployException">CredentialsMissing.</exception>
    public AwsClients Clients { get; } = AwsClients.For(settings);

    public Task<T> CallAsync<T>(string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        CallAsync(action, Clients.Ec2, call, cancellationToken);

    public async Task<T> CallAsync<TClient, T>(
        string action, TClient client, Func<TClient, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        await Clients.Turns.WaitAsync(cancellationToken);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(limit);
        var throttled = false;
        try
        {
            await Clients.Credentials.RequireAsync(settings, ending.Token);
            while (true)
            {
                try
                {
                    return await call(client, ending.Token);
                }
                catch (AmazonClientException e) when (Ec2Errors.IsOutOfTurn(e))
                {
                    throttled = true;
                    await Task.Delay(TimeSpan.FromSeconds(Random.Shared.NextDouble()), ending.Token);
                }
            }
        }
        catch (AmazonServiceException e)
        {
            throw Ec2Errors.Translate(e, settings, Clients.Credentials.Describe(settings), action);
        }
        catch (Exception e) when (e is AmazonClientException or HttpRequestException or WebException or IOException)
        {
            throw Ec2Errors.Unreachable(e, settings, action, e.Message);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw throttled ? Ec2Errors.Throttled(e, settings, action) : Ec2Errors.Unreachable(e, settings, action, "it gave no answer in time");
        }
        finally
        {
            Clients.Turns.Release();
        }
    }

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

    /// <summary>A call that one refusal of is as good as success: it is gone already, or it was a dry run.</summary>
    public async Task IgnoreAsync<T>(string code, string action, Func<AmazonEC2Client, CancellationToken, Task<T>> call, CancellationToken cancellationToken)
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
}
