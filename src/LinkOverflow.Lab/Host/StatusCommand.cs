using System.Text.Json;
using System.Text.Json.Nodes;

namespace LinkOverflow.Lab.Host;

/// <summary>`status`: whether a lab runs, where, and which machines it has.</summary>
internal static class StatusCommand
{
    public static async Task<int> RunAsync(LabFolders folders, bool json, CancellationToken cancellationToken)
    {
        if (LabRecord.Find(folders) is not { } record)
        {
            Console.WriteLine(json ? """{"running":false}""" : $"No lab runs for {folders.State}.");
            return ExitCodes.NotRunning;
        }

        var machines = await MachinesAsync(record, cancellationToken);
        if (json)
        {
            var answer = JsonSerializer.SerializeToNode(record, LabRecord.Json)!.AsObject();
            answer.Insert(0, "running", true);
            answer["machines"] = machines;
            Console.WriteLine(answer.ToJsonString(LabRecord.Json));
            return 0;
        }

        Console.WriteLine($"The lab answers at {record.Endpoint} (process {record.Pid}, since {record.Started}).");
        Console.WriteLine($"Settings for its clients: {record.Settings}");
        Console.WriteLine($"Machines: {machines.Count}");
        foreach (var machine in machines)
        {
            Console.WriteLine($"  {machine!["id"]}  {machine["state"],-13} {machine["publicAddress"],-15} {machine["privateAddress"]}");
        }

        return 0;
    }

    private static async Task<JsonArray> MachinesAsync(LabRecord record, CancellationToken cancellationToken)
    {
        using var client = new LabClient(record);
        try
        {
            return (await client.SendAsync(HttpMethod.Get, LabApi.Status, null, cancellationToken))!.AsArray();
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }
}
