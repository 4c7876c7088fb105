using System.Text.Json.Nodes;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>`fault` and `calls`: what is asked of a running lab's own API.</summary>
internal static class FaultCommand
{
    public static Task<int> AddAsync(LabFolders folders, FaultRequest fault, bool json, CancellationToken cancellationToken) =>
        AskAsync(folders, HttpMethod.Post, LabApi.Faults, fault, json, f => WriteFault(f!), cancellationToken);

    public static Task<int> ListAsync(LabFolders folders, bool json, CancellationToken cancellationToken) =>
        AskAsync(folders, HttpMethod.Get, LabApi.Faults, null, json, WriteFaults, cancellationToken);

    public static Task<int> ClearAsync(LabFolders folders, string? id, bool json, CancellationToken cancellationToken) => AskAsync(
        folders, HttpMethod.Delete, id is null ? LabApi.Faults : $"{LabApi.Faults}/{Uri.EscapeDataString(id)}", null, json, WriteFaults, cancellationToken);

    public static Task<int> CallsAsync(LabFolders folders, bool reset, bool json, CancellationToken cancellationToken) => AskAsync(
        folders,
        reset ? HttpMethod.Delete : HttpMethod.Get,
        LabApi.Calls,
        null,
        json,
        answer =>
        {
            foreach (var (action, count) in answer!.AsObject())
            {
                Console.WriteLine($"{count,7}  {action}");
            }
        },
        cancellationToken);

    private static async Task<int> AskAsync(
        LabFolders folders, HttpMethod method, string path, object? content, bool json, Action<JsonNode?> write, CancellationToken cancellationToken)
    {
        if (LabRecord.Find(folders) is not { } record)
        {
            await Console.Error.WriteLineAsync($"No lab runs for {folders.State}.");
            return ExitCodes.NotRunning;
        }

        var credentials = await LabCredentials.OpenAsync(folders, cancellationToken);
        using var client = new LabClient(record, new SignatureV4(credentials.AccessKeyId, credentials.SecretAccessKey, TimeProvider.System));
        var answer = await client.SendAsync(method, path, content, cancellationToken);
        if (json)
        {
            Console.WriteLine(answer!.ToJsonString(FaultRequest.Json));
        }
        else
        {
            write(answer);
        }

        return 0;
    }

    private static void WriteFaults(JsonNode? faults)
    {
        if (faults!.AsArray().Count == 0)
        {
            Console.WriteLine("No faults.");
        }

        foreach (var fault in faults.AsArray())
        {
            WriteFault(fault!);
        }
    }

    private static void WriteFault(JsonNode fault)
    {
        var details = fault.AsObject().Where(f => f.Key is not ("id" or "kind")).Select(f => $"{f.Key} {(f.Value is JsonArray list ? string.Join(' ', list) : f.Value)}");
        Console.WriteLine($"{fault["id"]}  {fault["kind"],-15} {string.Join(", ", details)}");
    }
}
