using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using LinkOverflow.Lab.Actions;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// Answers one HTTP request: reads it, verifies who signed it, hands it to its action, and writes the answer or the refusal
/// in the form of the service that was asked: EC2's XML, STS's XML, SSM's JSON.
/// </summary>
internal sealed partial class Endpoint
{
    /// <summary>Not AWS's: what `status` asks, without a signature.</summary>
    public const string StatusPath = "/_lab/status";

    private const int MaximumBody = 1024 * 1024;
    private const string Ec2Version = "2016-11-15";

    private readonly Account _account;
    private readonly SignatureV4 _signature;
    private readonly Dictionary<string, Handler> _handlers;
    private readonly StsActions _sts;
    private readonly SsmActions _ssm;
    private readonly ILogger<Endpoint> _logger;

    public Endpoint(Account account, SignatureV4 signature, IEnumerable<ActionSet> actions, StsActions sts, SsmActions ssm, ILogger<Endpoint> logger)
    {
        _account = account;
        _signature = signature;
        _handlers = actions.SelectMany(a => a.Handlers).ToDictionary(h => h.Key, h => h.Value, StringComparer.Ordinal);
        _sts = sts;
        _ssm = ssm;
        _logger = logger;
    }

    public async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == StatusPath && HttpMethods.IsGet(context.Request.Method))
        {
            await StatusAsync(context);
            return;
        }

        var requestId = Guid.NewGuid().ToString();
        context.Response.Headers["x-amzn-RequestId"] = requestId;
        var service = "ec2";
        try
        {
            var body = await ReadBodyAsync(context);
            service = context.Request.Headers.ContainsKey("X-Amz-Target") ? "ssm" : service;
            var signer = _signature.Verify(context.Request, body);
            service = signer.Service;
            await DispatchAsync(context, signer, body, requestId);
        }
        catch (ApiException e)
        {
            await RefuseAsync(context, service, e, requestId);
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, service, new ApiException(e.StatusCode, "MalformedHTTPRequest", e.Message), requestId);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more.
        }
        catch (Exception e)
        {
            // The boundary of a request: whatever it is, the client gets an answer that it can read.
            LogFailure(requestId, e);
            await RefuseAsync(context, service, new ApiException(500, "InternalError", "An internal error has occurred."), requestId);
        }
    }

    private async Task DispatchAsync(HttpContext context, Signer signer, byte[] body, string requestId)
    {
        if (signer.Service == "ssm")
        {
            await WriteAsync(context, 200, SsmActions.ContentType, _ssm.Answer(context.Request.Headers["X-Amz-Target"].ToString(), body));
            return;
        }

        var parameters = QueryParameters.Parse(context.Request.QueryString.Value?.TrimStart('?') ?? "", Encoding.UTF8.GetString(body));
        var action = parameters.Find("Action") ?? throw new ApiException("MissingAction", "The request must contain the parameter Action");
        if (signer.Service == "sts")
        {
            await WriteAsync(context, 200, "text/xml", Xml.Write(_sts.Answer(action, requestId), StsActions.Namespace));
            return;
        }

        if (signer.Service != "ec2" || signer.Region != Zones.Region)
        {
            throw new ApiException(403, "SignatureDoesNotMatch", $"Credential should be scoped to a valid region and service: {Zones.Region}, and ec2, sts or ssm; not {signer.Region}, {signer.Service}.");
        }

        var version = parameters.Find("Version");
        if (!_handlers.TryGetValue(action, out var handler))
        {
            throw new ApiException("InvalidAction", $"The action {action} is not valid for this web service.");
        }

        if (version is not null && !DateOnly.TryParseExact(version, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            throw new ApiException("InvalidParameterValue", $"Version {version} is not valid; the lab speaks {Ec2Version}.");
        }

        if (action.StartsWith("Describe", StringComparison.Ordinal) && parameters.FindBoolean("DryRun") == true)
        {
            throw new ApiException(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        }

        var answer = new XElement($"{action}Response", new XElement("requestId", requestId), await handler(parameters, context.RequestAborted));
        await WriteAsync(context, 200, "text/xml;charset=UTF-8", Xml.Write(answer, Xml.Ec2Namespace));
    }

    private async Task StatusAsync(HttpContext context)
    {
        object machines;
        lock (_account.Gate)
        {
            _account.ForgetTerminated();
            machines = _account.Instances.Values.Select(i => new { i.Id, State = i.StateName, i.PublicAddress, i.PrivateAddress }).ToList();
        }

        await WriteAsync(context, 200, "application/json", JsonSerializer.SerializeToUtf8Bytes(machines, LabRecord.Json));
    }

    private static async Task<byte[]> ReadBodyAsync(HttpContext context)
    {
        if (context.Request.Method is not ("GET" or "POST"))
        {
            throw new ApiException(405, "MalformedHTTPRequest", "Only GET and POST are understood.");
        }

        using var stream = new MemoryStream();
        var buffer = new byte[16384];
        int read;
        while ((read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            stream.Write(buffer, 0, read);
            if (stream.Length > MaximumBody)
            {
                throw new ApiException(413, "RequestEntityTooLarge", "The request is longer than 1 MiB.");
            }
        }

        return stream.ToArray();
    }

    private static Task RefuseAsync(HttpContext context, string service, ApiException error, string requestId)
    {
        // A refusal may quote what was sent; XML cannot carry everything that can be sent.
        var message = new string([.. error.Message.Select(c => System.Xml.XmlConvert.IsXmlChar(c) || char.IsSurrogate(c) ? c : '?')]);
        return service switch
        {
            "ssm" => WriteAsync(context, error.Status, SsmActions.ContentType, SsmActions.Refusal(error)),
            "sts" => WriteAsync(context, error.Status, "text/xml", Xml.Write(StsActions.Refusal(error.Status, error.Code, message, requestId), StsActions.Namespace)),
            _ => WriteAsync(
                context,
                error.Status,
                "text/xml;charset=UTF-8",
                Xml.Write(
                    new XElement(
                        "Response",
                        new XElement("Errors", new XElement("Error", new XElement("Code", error.Code), new XElement("Message", message))),
                        new XElement("RequestID", requestId)),
                    "")),
        };
    }

    private static async Task WriteAsync(HttpContext context, int status, string contentType, byte[] content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private partial void LogFailure(string requestId, Exception exception);
}
