using System.Globalization;
using System.Text;
using LinkOverflow.Lab.Actions;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// Answers one HTTP request: reads it, verifies who signed it, hands it to its action, and writes the answer or the refusal
/// in the form of the service that was asked: EC2's XML, STS's XML, SSM's JSON.
/// </summary>
internal sealed partial class Endpoint
{
    private const int MaximumBody = 1024 * 1024;
    private const string Ec2Version = "2016-11-15";

    private readonly SignatureV4 _signature;
    private readonly Dictionary<string, Handler> _handlers;
    private readonly StsActions _sts;
    private readonly SsmActions _ssm;
    private readonly FaultInjector _faults;
    private readonly ApiCalls _calls;
    private readonly Func<CancellationToken, Task> _keep;
    private readonly ILogger<Endpoint> _logger;

    public Endpoint(
        SignatureV4 signature, IEnumerable<ActionSet> actions, StsActions sts, SsmActions ssm, FaultInjector faults, ApiCalls calls, Func<CancellationToken, Task> keep, ILogger<Endpoint> logger)
    {
        _signature = signature;
        _handlers = actions.SelectMany(a => a.Handlers).ToDictionary(h => h.Key, h => h.Value, StringComparer.Ordinal);
        _sts = sts;
        _ssm = ssm;
        _faults = faults;
        _calls = calls;
        _keep = keep;
        _logger = logger;
    }

    /// <summary>The actions of EC2 that are answered; all others are InvalidAction.</summary>
    public IEnumerable<string> Actions => _handlers.Keys;

    public async Task AnswerAsync(HttpContext context)
    {
        var requestId = Guid.NewGuid().ToString();
        context.Response.Headers["x-amzn-RequestId"] = requestId;
        var service = "ec2";
        try
        {
            var body = await ReadBodyAsync(context, "GET", "POST");
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
        const string Target = "AmazonSSM.";
        QueryParameters? parameters = null;
        string action;
        if (signer.Service == "ssm")
        {
            var target = context.Request.Headers["X-Amz-Target"].ToString();
            action = target.StartsWith(Target, StringComparison.Ordinal) ? target[Target.Length..] : target;
        }
        else
        {
            parameters = QueryParameters.Parse(context.Request.QueryString.Value?.TrimStart('?') ?? "", Encoding.UTF8.GetString(body));
            action = parameters.Find("Action") ?? throw new ApiException("MissingAction", "The request must contain the parameter Action");
        }

        _calls.Count(action);
        if (_faults.Refusal(action) is { } refusal)
        {
            throw refusal;
        }

        switch (signer.Service)
        {
            case "ssm":
                await AnswerAsync(context, action, SsmActions.ContentType, _ssm.Answer(context.Request.Headers["X-Amz-Target"].ToString(), body));
                break;
            case "sts":
                using (var answer = new XmlText(_sts.Answer(action, signer, requestId), StsActions.Namespace))
                {
                    await AnswerAsync(context, action, "text/xml", answer.Bytes);
                }

                break;
            case "ec2" when signer.Region == Zones.Region:
                using (var answer = await Ec2Async(action, signer, parameters!, requestId, context.RequestAborted))
                {
                    await AnswerAsync(context, action, "text/xml;charset=UTF-8", answer.Bytes);
                }

                break;
            default:
                throw new ApiException(403, "SignatureDoesNotMatch", $"Credential should be scoped to a valid region and service: {Zones.Region}, and ec2, sts or ssm; not {signer.Region}, {signer.Service}.");
        }
    }

    private Task AnswerAsync(HttpContext context, string action, string contentType, ReadOnlyMemory<byte> answer) =>
        _faults.LosesAnswer(action) ? LostAnswer.SendAsync(context, contentType, answer.Length) : WriteAsync(context, 200, contentType, answer);

    private async Task<XmlText> Ec2Async(string action, Signer signer, QueryParameters parameters, string requestId, CancellationToken cancellationToken)
    {
        if (!_handlers.TryGetValue(action, out var handler))
        {
            throw new ApiException("InvalidAction", $"The action {action} is not valid for this web service.");
        }

        if (parameters.Find("Version") is { } version && !DateOnly.TryParseExact(version, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            throw new ApiException("InvalidParameterValue", $"Version {version} is not valid; the lab speaks {Ec2Version}.");
        }

        var looks = action.StartsWith("Describe", StringComparison.Ordinal) || action.StartsWith("Get", StringComparison.Ordinal);
        if (signer.MayOnlyLook && !looks)
        {
            throw new ApiException(
                403,
                "UnauthorizedOperation",
                $"You are not authorized to perform this operation. User: {_sts.UserArn(signer)} is not authorized to perform: ec2:{action} because no identity-based policy allows the ec2:{action} action.");
        }

        if (action.StartsWith("Describe", StringComparison.Ordinal) && parameters.FindBoolean("DryRun") == true)
        {
            throw new ApiException(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        }

        var answer = new Element($"{action}Response", new Element("requestId", requestId), await handler(parameters, cancellationToken));
        if (!action.StartsWith("Describe", StringComparison.Ordinal) && !action.StartsWith("Get", StringComparison.Ordinal))
        {
            await _keep(cancellationToken);
        }

        return new XmlText(answer, Xml.Ec2Namespace);
    }

    internal static async Task<byte[]> ReadBodyAsync(HttpContext context, params string[] methods)
    {
        if (!methods.Contains(context.Request.Method, StringComparer.Ordinal))
        {
            throw new ApiException(405, "MalformedHTTPRequest", $"Only {string.Join(" and ", methods)} are understood.");
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

    private static async Task RefuseAsync(HttpContext context, string service, ApiException error, string requestId)
    {
        if (service == "ssm")
        {
            await WriteAsync(context, error.Status, SsmActions.ContentType, SsmActions.Refusal(error));
            return;
        }

        using var answer = service == "sts"
            ? new XmlText(StsActions.Refusal(error.Status, error.Code, error.Message, requestId), StsActions.Namespace)
            : new XmlText(
                new Element(
                    "Response",
                    new Element("Errors", new Element("Error", new Element("Code", error.Code), new Element("Message", error.Message))),
                    new Element("RequestID", requestId)),
                "");
        await WriteAsync(context, error.Status, service == "sts" ? "text/xml" : "text/xml;charset=UTF-8", answer.Bytes);
    }

    internal static async Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> content)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Request {RequestId} failed")]
    private partial void LogFailure(string requestId, Exception exception);
}
