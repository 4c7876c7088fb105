using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace LinkOverflow.Lab.Protocol;

/// <summary>Who signed a request, for which service.</summary>
/// <param name="AccessKeyId">The key id.</param>
/// <param name="Region">From the credential scope.</param>
/// <param name="Service">From the credential scope: ec2, sts, ssm.</param>
/// <param name="MayOnlyLook">Whether its user may call nothing that changes anything.</param>
internal sealed record Signer(string AccessKeyId, string Region, string Service, bool MayOnlyLook);

/// <summary>
/// Verifies AWS Signature Version 4 as docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
/// describes its making, in the Authorization header or in the query string of a presigned request.
/// </summary>
/// <param name="accessKeyId">The key of the user who may do everything, and who signs.</param>
/// <param name="secret">Its secret.</param>
/// <param name="clock">For the age of signatures.</param>
/// <param name="reader">The key of the user who may only look; null where there is none.</param>
internal sealed class SignatureV4(string accessKeyId, string secret, TimeProvider clock, AccessKey? reader = null)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(15);

    /// <summary>Verifies a request whose body has been read.</summary>
    /// <exception cref="ApiException">MissingAuthenticationToken, IncompleteSignature, RequestExpired, AuthFailure, SignatureDoesNotMatch.</exception>
    public Signer Verify(HttpRequest request, ReadOnlySpan<byte> body)
    {
        var given = Read(request);
        var scope = given.Credential.Split('/');
        if (scope.Length != 5 || scope[4] != "aws4_request")
        {
            throw Incomplete("Credential must have five parts, the last of them aws4_request");
        }

        var isReader = reader is not null && scope[0] == reader.Id;
        var signer = new Signer(scope[0], scope[2], scope[3], isReader);
        if (!isReader && scope[0] != accessKeyId)
        {
            throw UnknownKey(signer.Service);
        }

        if (!DateTimeOffset.TryParseExact(given.Time, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            || !given.Time.StartsWith(scope[1], StringComparison.Ordinal) || scope[1].Length != 8)
        {
            throw Incomplete("Date must be in ISO-8601 'basic format' and agree with the credential's");
        }

        var age = clock.GetUtcNow() - time;
        if (age > (given.Lifetime ?? Tolerance) || age < -Tolerance)
        {
            throw new ApiException("RequestExpired", $"Request has expired. Timestamp date is {given.Time}; the lab's clock says {clock.GetUtcNow():yyyyMMdd'T'HHmmss'Z'}.");
        }

        var expected = Sign(isReader ? reader!.Secret : secret, scope, given.Time, Canonical(request, given, body));
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.UTF8.GetBytes(given.Signature)))
        {
            throw new ApiException(
                403,
                signer.Service == "ssm" ? "InvalidSignatureException" : "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
        }

        return signer;
    }

    /// <summary>Signs a request of the lab's own programs: host and time in its headers, and its body.</summary>
    /// <param name="request">Gets the headers X-Amz-Date and Authorization.</param>
    /// <param name="body">Its body.</param>
    /// <param name="service">The service that it is for.</param>
    /// <param name="region">The region of its scope.</param>
    public void Sign(HttpRequestMessage request, ReadOnlySpan<byte> body, string service, string region)
    {
        const string Signed = "host;x-amz-date";
        var time = clock.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        string[] scope = [accessKeyId, time[..8], region, service, "aws4_request"];
        var uri = request.RequestUri!;
        var canonical = $"{request.Method}\n{uri.AbsolutePath}\n\nhost:{uri.Authority}\nx-amz-date:{time}\n\n{Signed}\n{Convert.ToHexStringLower(SHA256.HashData(body))}";
        request.Headers.TryAddWithoutValidation("X-Amz-Date", time);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"{Algorithm} Credential={string.Join('/', scope)}, SignedHeaders={Signed}, Signature={Sign(secret, scope, time, canonical)}");
    }

    private static ApiException UnknownKey(string service) => service switch
    {
        "sts" => new ApiException(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
        "ssm" => new ApiException(400, "UnrecognizedClientException", "The security token included in the request is invalid."),
        _ => new ApiException(401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
    };

    private static ApiException Incomplete(string message) => new("IncompleteSignature", message);

    private static Given Read(HttpRequest request)
    {
        var query = request.Query;
        if (query["X-Amz-Algorithm"] == Algorithm)
        {
            string Required(string name) => query[name] is [{ Length: > 0 } value] ? value : throw Incomplete($"Request must contain {name}");
            var lifetime = int.TryParse(query["X-Amz-Expires"].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 604800
                ? TimeSpan.FromSeconds(seconds)
                : throw Incomplete("X-Amz-Expires must be a number of seconds, at most a week");
            return new Given(Required("X-Amz-Credential"), Required("X-Amz-SignedHeaders"), Required("X-Amz-Signature"), Required("X-Amz-Date"), lifetime);
        }

        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            throw new ApiException(403, "MissingAuthenticationToken", "The request must contain a valid (registered) AWS access key ID");
        }

        if (!header.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            throw Incomplete($"Authorization header must begin with {Algorithm}");
        }

        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in header[Algorithm.Length..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                parts.TryAdd(part[..equals], part[(equals + 1)..]);
            }
        }

        string Part(string name) => parts.TryGetValue(name, out var value) ? value : throw Incomplete($"Authorization header requires '{name}' parameter.");
        var date = request.Headers["X-Amz-Date"].ToString();
        return new Given(
            Part("Credential"),
            Part("SignedHeaders"),
            Part("Signature"),
            date.Length > 0 ? date : throw Incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."),
            null);
    }

    private static string Canonical(HttpRequest request, Given given, ReadOnlySpan<byte> body)
    {
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n');
        text.Append(request.Path.HasValue ? request.Path.ToUriComponent() : "/").Append('\n');
        text.AppendJoin('&', CanonicalQuery(request)).Append('\n');
        var names = given.SignedHeaders.Split(';');
        if (!names.Contains("host", StringComparer.Ordinal))
        {
            throw Incomplete("'Host' must be a 'SignedHeader' in the AWS Authorization.");
        }

        foreach (var name in names)
        {
            text.Append(name).Append(':').Append(CanonicalValue(request.Headers[name])).Append('\n');
        }

        return text.Append('\n').Append(given.SignedHeaders).Append('\n').Append(Convert.ToHexStringLower(SHA256.HashData(body))).ToString();
    }

    private static IEnumerable<string> CanonicalQuery(HttpRequest request) =>
        request.QueryString.Value?.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2))
            .Select(p => (Name: Encode(p[0]), Value: p.Length > 1 ? Encode(p[1]) : ""))
            .Where(p => p.Name != "X-Amz-Signature")
            .OrderBy(p => p.Name, StringComparer.Ordinal).ThenBy(p => p.Value, StringComparer.Ordinal)
            .Select(p => $"{p.Name}={p.Value}")
        ?? [];

    private static string Encode(string escaped) => Uri.EscapeDataString(Uri.UnescapeDataString(escaped.Replace("+", "%20", StringComparison.Ordinal)));

    private static string CanonicalValue(StringValues values) =>
        string.Join(',', values.Select(v => string.Join(' ', (v ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))));

    private static string Sign(string secret, string[] scope, string time, string canonical)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(scope[1]));
        foreach (var part in scope[2..])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        var request = $"{Algorithm}\n{time}\n{string.Join('/', scope[1..])}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(request)));
    }

    private sealed record Given(string Credential, string SignedHeaders, string Signature, string Time, TimeSpan? Lifetime);
}
