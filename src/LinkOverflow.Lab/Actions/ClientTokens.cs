using System.Security.Cryptography;
using System.Text;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Calls that are made once however often they are sent: those with a ClientToken.</summary>
internal static class ClientTokens
{
    /// <summary>What the same call has made before; null when it comes for the first time, or without a token.</summary>
    /// <exception cref="ApiException">IdempotentParameterMismatch, InvalidParameterValue.</exception>
    public static string? Find(Account account, QueryParameters parameters)
    {
        if (parameters.Find("ClientToken") is not { } token)
        {
            return null;
        }

        if (token.Length > 64)
        {
            throw new ApiException("InvalidParameterValue", "ClientToken may have at most 64 characters.");
        }

        return !account.ClientTokens.TryGetValue(Key(parameters, token), out var before) ? null
            : before.Request == Digest(parameters) ? before.ResourceId
            : throw new ApiException("IdempotentParameterMismatch", "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).");
    }

    /// <summary>Remembers what a call has made.</summary>
    public static void Keep(Account account, QueryParameters parameters, string resourceId)
    {
        if (parameters.Find("ClientToken") is { } token)
        {
            account.ClientTokens[Key(parameters, token)] = (Digest(parameters), resourceId);
        }
    }

    private static string Key(QueryParameters parameters, string token) => $"{parameters.Find("Action")} {token}";

    /// <summary>What decides whether two requests with one client token are the same.</summary>
    private static string Digest(QueryParameters parameters)
    {
        var text = string.Join(
            '\n',
            parameters.All.Where(p => p.Key != "ClientToken" && !p.Key.StartsWith("X-Amz-", StringComparison.OrdinalIgnoreCase))
                .OrderBy(p => p.Key, StringComparer.Ordinal)
                .Select(p => $"{Uri.EscapeDataString(p.Key)}={Uri.EscapeDataString(p.Value)}"));
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
