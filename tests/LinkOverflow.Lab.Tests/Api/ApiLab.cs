using System.Net;
using System.Text.Json.Nodes;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using LinkOverflow.Lab.Faults;
using LinkOverflow.Lab.Host;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Tests.Api;

/// <summary>The real server on a port of its own, over <see cref="RecordedMachines"/>, and AWS's own client for it.</summary>
internal sealed class ApiLab : IAsyncDisposable
{
    public const string Image = "ami-0deb1200000000001";

    private readonly LabServer _server;

    private ApiLab(LabServer server, RecordedMachines machines)
    {
        _server = server;
        Machines = machines;
        Ec2 = Client();
    }

    public static LabCredentials Credentials { get; } = new("LABAAAAAAAAAAAAAAAAA", "a-secret-of-forty-characters-0123456789ab")
    {
        Reader = new AccessKey("LABBBBBBBBBBBBBBBBBB", "b-secret-of-forty-characters-0123456789ab"),
    };

    public AmazonEC2Client Ec2 { get; }

    public RecordedMachines Machines { get; }

    public string Endpoint => _server.Endpoint;

    /// <summary>Every action of EC2 that it answers.</summary>
    public IEnumerable<string> Actions => _server.Actions;

    /// <param name="clock">The lab's clock; the real one when null.</param>
    /// <param name="accountFile">Where it keeps its account; nowhere when null.</param>
    /// <param name="machines">Those of an earlier lab.</param>
    public static async Task<ApiLab> StartAsync(TimeProvider? clock = null, string? accountFile = null, RecordedMachines? machines = null)
    {
        machines ??= new RecordedMachines();
        var server = await LabServer.StartAsync(
            new IPEndPoint(IPAddress.Loopback, 0), new LabSlot(7), Credentials, machines, clock ?? TimeProvider.System, TestContext.Current.CancellationToken, accountFile);
        await server.ResumeAsync(TestContext.Current.CancellationToken);
        return new ApiLab(server, machines);
    }

    public AmazonEC2Client Client(string? accessKeyId = null, string? secret = null) => new(
        new BasicAWSCredentials(accessKeyId ?? Credentials.AccessKeyId, secret ?? Credentials.SecretAccessKey),
        new AmazonEC2Config { ServiceURL = Endpoint, AuthenticationRegion = "us-west-2", MaxErrorRetry = 0 });

    /// <summary>A request to the lab's own API, as `fault` and `calls` make it.</summary>
    public async Task<JsonNode> LabAsync(HttpMethod method, string path, object? content = null)
    {
        using var client = new LabClient(
            new LabRecord(Endpoint, 0, "", "", "", "", "", "", ""),
            new SignatureV4(Credentials.AccessKeyId, Credentials.SecretAccessKey, TimeProvider.System));
        return (await client.SendAsync(method, path, content, TestContext.Current.CancellationToken))!;
    }

    public Task<JsonNode> FaultAsync(FaultRequest fault) => LabAsync(HttpMethod.Post, LabApi.Faults, fault);

    public async Task<IReadOnlyList<Instance>> RunAsync(int count = 1, Action<RunInstancesRequest>? change = null)
    {
        var request = new RunInstancesRequest { ImageId = Image, MinCount = count, MaxCount = count, InstanceType = "t3.micro" };
        change?.Invoke(request);
        var response = await Ec2.RunInstancesAsync(request, TestContext.Current.CancellationToken);
        return response.Reservation.Instances;
    }

    public async Task<Instance> DescribeAsync(string instanceId)
    {
        var response = await Ec2.DescribeInstancesAsync(new DescribeInstancesRequest { InstanceIds = [instanceId] }, TestContext.Current.CancellationToken);
        return response.Reservations.Single().Instances.Single();
    }

    public async Task<Instance> WaitForAsync(string instanceId, string state)
    {
        while (true)
        {
            var instance = await DescribeAsync(instanceId);
            if (instance.State.Name.Value == state)
            {
                return instance;
            }

            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>The AWS error code that a call is refused with.</summary>
    public static async Task<string> CodeOfAsync(Func<Task> call) => (await Should.ThrowAsync<AmazonEC2Exception>(call)).ErrorCode;

    public async ValueTask DisposeAsync()
    {
        Ec2.Dispose();
        await _server.DisposeAsync();
    }
}
