using System.Text.Json;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>SSM's public parameters that name the newest image of a distribution (AWS JSON 1.1).</summary>
internal sealed class SsmActions(Account account)
{
    public const string ContentType = "application/x-amz-json-1.1";

    private static readonly DateTimeOffset Modified = new(2023, 6, 10, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="ApiException">ParameterNotFound, InvalidAction, ValidationException.</exception>
    public byte[] Answer(string target, byte[] body)
    {
        using var request = Parse(body);
        return target switch
        {
            "AmazonSSM.GetParameter" => JsonSerializer.SerializeToUtf8Bytes(new { Parameter = Find(Text(request.RootElement, "Name")) ?? throw new ApiException("ParameterNotFound", "") }),
            "AmazonSSM.GetParameters" => GetParameters(request.RootElement),
            _ => throw new ApiException("UnknownOperationException", $"The lab does not know {target}"),
        };
    }

    public static byte[] Refusal(ApiException error) =>
        JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["__type"] = error.Code, ["message"] = error.Message });

    private byte[] GetParameters(JsonElement request)
    {
        if (request.ValueKind != JsonValueKind.Object || !request.TryGetProperty("Names", out var list) || list.ValueKind != JsonValueKind.Array
            || list.EnumerateArray().Any(n => n.ValueKind != JsonValueKind.String))
        {
            throw new ApiException("ValidationException", "Names must be a list of strings");
        }

        var names = list.EnumerateArray().Select(n => n.GetString()!).ToList();
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            Parameters = names.Select(Find).OfType<object>().ToList(),
            InvalidParameters = names.Where(n => Find(n) is null).ToList(),
        });
    }

    private object? Find(string name)
    {
        lock (account.Gate)
        {
            return account.Parameters.TryGetValue(name, out var value)
                ? new
                {
                    Name = name,
                    Type = "String",
                    Value = value,
                    Version = 1,
                    LastModifiedDate = Modified.ToUnixTimeSeconds(),
                    ARN = $"arn:aws:ssm:{Zones.Region}::parameter{name}",
                    DataType = "aws:ec2:image",
                }
                : null;
        }
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new ApiException("SerializationException", "The request is not JSON");
        }
    }

    private static string Text(JsonElement request, string name) =>
        request.ValueKind == JsonValueKind.Object && request.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new ApiException("ValidationException", $"{name} must be a string");
}
