using System.Text.Json;
using LinkOverflow.Lab.Actions;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// What the lab answers beside AWS's APIs, in JSON below /_lab: its machines, its faults, its count of calls. Reading needs
/// nothing; what changes something is signed with the lab's access key, as AWS's requests are, for the service "lab".
/// </summary>
internal sealed class LabApi(Account account, SignatureV4 signature, FaultInjector faults, MachineOutages outages, ApiCalls calls)
{
    public const string Service = "lab";
    public const string Status = "/_lab/status";
    public const string Faults = "/_lab/faults";
    public const string Calls = "/_lab/calls";

    public static bool IsFor(HttpContext context) => context.Request.Path.StartsWithSegments("/_lab", StringComparison.Ordinal);

    public async Task AnswerAsync(HttpContext context)
    {
        try
        {
            var body = await Endpoint.ReadBodyAsync(context, "GET", "POST", "DELETE");
            if (!HttpMethods.IsGet(context.Request.Method) && signature.Verify(context.Request, body) is not { Service: Service, MayOnlyLook: false })
            {
                throw new ApiException(403, "SignatureDoesNotMatch", $"Credential should be scoped to the service {Service}, and be of the user who may do everything.");
            }

            await WriteAsync(context, 200, await DispatchAsync(context, body));
        }
        catch (ApiException e)
        {
            await WriteAsync(context, e.Status, new { e.Code, e.Message });
        }
        catch (JsonException e)
        {
            await WriteAsync(context, 400, new { Code = "MalformedJson", e.Message });
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
    }

    private async Task<object> DispatchAsync(HttpContext context, byte[] body)
    {
        var path = context.Request.Path.Value!;
        switch (context.Request.Method, path)
        {
            case ("GET", Status):
                return Machines();
            case ("GET", Calls):
                return calls.Read();
            case ("DELETE", Calls):
                calls.Reset();
                return calls.Read();
            case ("GET", Faults):
                return faults.List().Select(Describe).ToList();
            case ("POST", Faults):
                return Describe(await AddAsync(JsonSerializer.Deserialize<FaultRequest>(body, FaultRequest.Json)!, context.RequestAborted));
            case ("DELETE", Faults):
                return await RemoveAsync(null, context.RequestAborted);
            case ("DELETE", _) when path.StartsWith(Faults + "/", StringComparison.Ordinal):
                return await RemoveAsync(path[(Faults.Length + 1)..], context.RequestAborted);
            default:
                throw new ApiException(404, "NotFound", $"The lab has nothing at {path} for {context.Request.Method}.");
        }
    }

    private async Task<Fault> AddAsync(FaultRequest request, CancellationToken cancellationToken)
    {
        request.Check();
        Instance? instance = null;
        if (request.Instance is { } id)
        {
            lock (account.Gate)
            {
                instance = InstanceActions.Find(account, [id])[0];
                if (instance.State != InstanceState.Running)
                {
                    throw new ApiException("IncorrectInstanceState", $"The instance '{id}' is {instance.StateName}; the fault {request.Name} meets running ones.");
                }
            }
        }

        var fault = faults.Add(request);
        if (instance is not null)
        {
            await outages.BeginAsync(fault, instance, cancellationToken);
        }

        return fault;
    }

    private async Task<object> RemoveAsync(string? id, CancellationToken cancellationToken)
    {
        var removed = faults.Remove(id);
        if (id is not null && removed.Count == 0)
        {
            throw new ApiException(404, "NotFound", $"There is no fault '{id}'; it may be over.");
        }

        foreach (var fault in removed)
        {
            await outages.EndAsync(fault, cancellationToken);
        }

        return removed.Select(Describe).ToList();
    }

    private List<object> Machines()
    {
        lock (account.Gate)
        {
            account.ForgetTerminated();
            return [.. account.Instances.Values.Select(i => new { i.Id, State = i.StateName, i.PublicAddress, i.PrivateAddress })];
        }
    }

    private static object Describe(Fault fault) => new
    {
        fault.Id,
        fault.Request.Kind,
        fault.Request.Action,
        fault.Request.Zone,
        fault.Request.Nth,
        fault.Request.Count,
        fault.Request.Seconds,
        fault.Request.Status,
        fault.Hits,
        Left = fault.Remaining,
        fault.Until,
        Instances = fault.Instances.Count == 0 ? null : fault.Instances.Select(i => i.Id).ToList(),
    };

    private static Task WriteAsync(HttpContext context, int status, object answer) =>
        Endpoint.WriteAsync(context, status, "application/json", JsonSerializer.SerializeToUtf8Bytes(answer, FaultRequest.Json));
}
