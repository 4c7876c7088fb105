using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Django;

/// <summary>Asks a site, from here, whether it is well.</summary>
public static class HealthCheck
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) });

    /// <summary>What <see cref="ProbeAsync"/> says of a site that is well.</summary>
    public const string Ok = "ok";

    /// <summary>Asks once: "ok", or what was wrong.</summary>
    /// <param name="url">The address.</param>
    /// <param name="timeout">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<string> ProbeAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(timeout);
        try
        {
            using var response = await Client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            return (int)response.StatusCode is >= 200 and < 400 ? Ok : $"it answered {(int)response.StatusCode} {response.ReasonPhrase}";
        }
        catch (HttpRequestException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {timeout.TotalSeconds:0} s";
        }
    }

    /// <summary>Waits until the address answers with a status from 200 to 399.</summary>
    /// <param name="url">The address.</param>
    /// <param name="timeout">How long to wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">HealthCheckFailed, with what it answered last.</exception>
    public static async Task WaitAsync(Uri url, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var deadline = DateTime.UtcNow + timeout;
        while (true)
        {
            var last = await ProbeAsync(url, LongestAnswer, cancellationToken);
            if (last == Ok)
            {
                return;
            }

            if (DateTime.UtcNow >= deadline)
            {
                throw new DeployException(
                    ErrorId.HealthCheckFailed,
                    $"{url} did not answer well within {timeout.TotalSeconds:0} s: {last}.",
                    "The site is well on the host itself: see whether its security group lets this machine in, or what the site answers others differently.");
            }

            await Task.Delay(500, cancellationToken);
        }
    }
}
