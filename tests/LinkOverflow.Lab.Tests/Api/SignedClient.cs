using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LinkOverflow.Lab.Tests.Api;

/// <summary>Signs whatever text it is given, also what no SDK would send.</summary>
internal sealed class SignedClient(string endpoint) : IDisposable
{
    private readonly HttpClient _client = new();

    public async Task<(int Status, string Body)> PostAsync(string text)
    {
        var (status, body) = await PostForBytesAsync(text);
        return (status, Encoding.UTF8.GetString(body));
    }

    /// <summary>The same, without the time that it takes to make a text of the answer.</summary>
    public async Task<(int Status, byte[] Body)> PostForBytesAsync(string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var now = DateTime.UtcNow.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{now[..8]}/us-west-2/ec2/aws4_request";
        var host = new Uri(endpoint).Authority;
        var canonical = $"POST\n/\n\nhost:{host}\nx-amz-date:{now}\n\nhost;x-amz-date\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        var key = scope.Split('/').Aggregate(
            Encoding.UTF8.GetBytes("AWS4" + ApiLab.Credentials.SecretAccessKey), (k, part) => HMACSHA256.HashData(k, Encoding.UTF8.GetBytes(part)));
        var toSign = $"AWS4-HMAC-SHA256\n{now}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new ByteArrayContent(body) };
        request.Headers.TryAddWithoutValidation("X-Amz-Date", now);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"AWS4-HMAC-SHA256 Credential={ApiLab.Credentials.AccessKeyId}/{scope}, SignedHeaders=host;x-amz-date, Signature={Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(toSign)))}");
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    public void Dispose() => _client.Dispose();
}
