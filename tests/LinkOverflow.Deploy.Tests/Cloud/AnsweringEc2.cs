using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>An endpoint on loopback that gives a test's answer to every EC2 request, and remembers what was asked.</summary>
internal sealed class AnsweringEc2 : IAsyncDisposable
{
    public const string RequestId = "59dbff89-35bd-4eac-99ed-be587EXAMPLE";
    public const string SecretKey = "wJalrXUtnFEMI-marked-secret";
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<string, Task<(int Status, string Body)>> _answer;
    private readonly Task _serving;
    private readonly Lock _gate = new();
    private readonly List<string> _requests = [];
    private readonly List<string> _heads = [];

    /// <summary>The status of an answer that is lost: the connection ends without one.</summary>
    public const int Lost = 0;

    /// <param name="answer">The form that was posted, to a status and a body.</param>
    public AnsweringEc2(Func<string, (int Status, string Body)> answer)
        : this(form => Task.FromResult(answer(form)))
    {
    }

    /// <param name="answer">The form that was posted, to a status and a body that may be long in coming.</param>
    public AnsweringEc2(Func<string, Task<(int Status, string Body)>> answer)
    {
        _answer = answer;
        _listener.Start();
        Url = $"http://{_listener.LocalEndpoint}";
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>The forms that were posted.</summary>
    public string[] Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>What stood above the forms: method, path and headers.</summary>
    public string[] Heads
    {
        get
        {
            lock (_gate)
            {
                return [.. _heads];
            }
        }
    }

    /// <summary>An EC2 that answers every request with an error.</summary>
    public static AnsweringEc2 Refusing(string code, int status = 400) => new(_ => (status, Error(code)));

    /// <summary>An answer as EC2 writes it, with something in it that nobody knows yet.</summary>
    public static (int Status, string Body) Answer(string action, string content) => (200, $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>{RequestId}</requestId><newElement><item>?</item></newElement>{content}</{action}Response>
        """);

    /// <summary>The action of a form.</summary>
    public static string Action(string form) => form.Split('&').First(p => p.StartsWith("Action=", StringComparison.Ordinal))["Action=".Length..];

    /// <summary>An error as EC2 writes it.</summary>
    public static string Error(string code) => $"""
        <?xml version="1.0" encoding="UTF-8"?>
        <Response><Errors><Error><Code>{code}</Code><Message>EC2's own words.</Message></Error></Errors><RequestID>{RequestId}</RequestID></Response>
        """;

    public static AwsSettings Settings(string url) => new()
    {
        File = "/home/me/.aws.settings", Region = "us-west-2", KeyPair = "my-pair", KeyFile = "/nowhere.pem", EndpointUrl = url,
        AccessKeyId = "AKIAEXAMPLE", SecretAccessKey = new Secret(SecretKey),
    };

    public Ec2Cloud Cloud() => new(Settings(Url));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var answering = new List<Task>();
        try
        {
            while (true)
            {
                answering.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }

        await Task.WhenAll(answering);
    }

    // One request per connection is all that these tests need of HTTP.
    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using var _ = client;
            var stream = client.GetStream();
            var bytes = new List<byte>();
            var buffer = new byte[16384];
            string? form;
            while ((form = Form(Encoding.UTF8.GetString([.. bytes]))) is null)
            {
                var read = await stream.ReadAsync(buffer, _stop.Token);
                if (read == 0)
                {
                    return;
                }

                bytes.AddRange(buffer[..read]);
            }

            lock (_gate)
            {
                _requests.Add(form);
                _heads.Add(Encoding.UTF8.GetString([.. bytes]).Split("\r\n\r\n")[0]);
            }

            var (status, body) = await _answer(form).WaitAsync(_stop.Token);
            if (status == Lost)
            {
                return;
            }

            var content = Encoding.UTF8.GetBytes(body);
            var head = $"HTTP/1.1 {status} Answer\r\nContent-Type: text/xml\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. content], _stop.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client hung up, or the test is over.
        }
    }

    private static string? Form(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var length = request[..end].Split("\r\n")
            .Where(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            .Select(l => int.Parse(l.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture))
            .FirstOrDefault();
        var body = request[(end + 4)..];
        return body.Length >= length ? body : null;
    }
}
