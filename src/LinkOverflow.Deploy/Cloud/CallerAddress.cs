using System.Net;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Cloud;

/// <summary>
/// From where SSH reaches the instances, for the security group. SshFrom in instance.config says it; without it this is the
/// one address that AWS's own checkip.amazonaws.com sees, as the instances will see the same.
/// </summary>
public static class CallerAddress
{
    /// <summary>Answers with the address that a request came from (docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-rules-reference.html).</summary>
    public static Uri Service { get; } = new("https://checkip.amazonaws.com/");

    // The private networks of RFC 1918: whoever reaches an instance by its private address comes from one, a bastion's or a VPN's included.
    private static readonly string[] PrivateNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

    /// <summary>The networks, in CIDR notation.</summary>
    /// <param name="settings">Tell whether the instances are on this machine.</param>
    /// <param name="config">Says it, or by which address the instances are reached.</param>
    /// <param name="service">Whom to ask.</param>
    /// <param name="cancellationToken">Ends the question.</param>
    /// <exception cref="DeployException">CallerAddressUnknown.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(
        AwsSettings settings, InstanceConfig config, Uri service, CancellationToken cancellationToken)
    {
        if (config.SshFrom.Count > 0)
        {
            return config.SshFrom;
        }

        // An EC2 on loopback, such as the lab, has its instances there, too.
        if (settings.EndpointUrl is { } endpoint && new Uri(endpoint).IsLoopback)
        {
            return ["127.0.0.0/8"];
        }

        return config.PublicAddress ? [await AskAsync(service, cancellationToken)] : PrivateNetworks;
    }

    private static async Task<string> AskAsync(Uri service, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 1024 };
        string why;
        try
        {
            var said = (await http.GetStringAsync(service, cancellationToken)).Trim();
            if (IPAddress.TryParse(said, out var address))
            {
                return $"{address}/{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)}";
            }

            why = "it answered with no address";
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            why = e.Message;
        }

        throw new DeployException(
            ErrorId.CallerAddressUnknown,
            $"The address that SSH will come from could not be asked of {service}: {why}.",
            "Set SshFrom in [EC2] of instance.config to it, such as 203.0.113.7/32, or to your network.");
    }
}
