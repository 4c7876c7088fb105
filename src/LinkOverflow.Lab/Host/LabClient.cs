using System.Text.Json;
using System.Text.Json.Nodes;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>Asks a running lab for what AWS's APIs do not have.</summary>
/// <param name="record">The lab.</param>
/// <param name="signature">Signs what changes something; null to read only.</param>
internal sealed class LabClient(LabRecord record, SignatureV4? signature = null) : IDisposable
{
    // Never by a proxy: the lab is on this machine.
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>A request and its answer.</summary>
    /// <exception cref="MachineException">The lab refuses it, with its words.</exception>
    /// <exception cref="HttpRequestException">The lab does not answer.</exception>
    public async Task<JsonNode?> SendAsync(HttpMethod method, string path, object? content, CancellationToken cancellationToken)
    {
        var body = content is null ? [] : JsonSerializer.SerializeToUtf8Bytes(content, Faults.FaultRequest.Json);
        using var request = new HttpRequestMessage(method, record.Endpoint + path) { Content = new ByteArrayContent(body) };
        signature?.Sign(request, body, LabApi.Service, Zones.Region);
        using var response = await _client.SendAsync(request, cancellationToken);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
        return response.IsSuccessStatusCode ? answer : throw new MachineException($"{answer!["message"]} [{answer["code"]}]");
    }

    public void Dispose() => _client.Dispose();
}
