using System.Globalization;
using System.Text;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>What is asked of and done to instances that are there.</summary>
internal sealed class InstanceActions : ActionSet
{
    // What EC2 keeps of a console.
    private const int ConsoleBytes = 64 * 1024;

    private readonly Account _account;
    private readonly Fleet _fleet;
    private readonly FilterTable<Instance> _filters;

    public InstanceActions(Account account, Fleet fleet)
    {
        _account = account;
        _fleet = fleet;
        _filters = InstanceFilters.Of(account, fleet.StatusOf);
        Add("DescribeInstances", Describe);
        Add("DescribeInstanceStatus", DescribeStatus);
        Add("TerminateInstances", Terminate);
        Add("StopInstances", Stop);
        Add("StartInstances", Start);
        Add("RebootInstances", Reboot);
        Add("GetConsoleOutput", GetConsoleOutputAsync);
    }

    /// <exception cref="ApiException">InvalidInstanceID.Malformed or InvalidInstanceID.NotFound, naming all that are not there.</exception>
    public static List<Instance> Find(Account account, IReadOnlyList<string> ids)
    {
        foreach (var id in ids.Where(i => !ResourceId.IsWellFormed(i, "i")))
        {
            throw new ApiException("InvalidInstanceID.Malformed", $"Invalid id: \"{id}\"");
        }

        var unknown = ids.Where(i => !account.Instances.TryGetValue(i, out var found) || !account.IsVisible(found)).Distinct(StringComparer.Ordinal).ToList();
        return unknown.Count switch
        {
            0 => [.. ids.Distinct(StringComparer.Ordinal).Select(i => account.Instances[i])],
            1 => throw new ApiException("InvalidInstanceID.NotFound", $"The instance ID '{unknown[0]}' does not exist"),
            _ => throw new ApiException("InvalidInstanceID.NotFound", $"The instance IDs '{string.Join(", ", unknown)}' do not exist"),
        };
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            _account.ForgetTerminated();
            var (page, next) = Select(parameters, _account.Instances.Values);
            var volumes = _account.VolumesOfAll();
            return
            [
                Xml.Page(
                    "reservationSet",
                    page.GroupBy(i => i.ReservationId, StringComparer.Ordinal),
                    r => InstanceXml.Reservation(_account, [.. r], volumes)),
                next,
            ];
        }
    }

    private IEnumerable<Element?> DescribeStatus(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            _account.ForgetTerminated();
            var all = parameters.FindBoolean("IncludeAllInstances") ?? false;
            var (page, next) = Select(parameters, _account.Instances.Values.Where(i => all || i.State == InstanceState.Running));
            return [Xml.List("instanceStatusSet", page.Where(i => all || i.State == InstanceState.Running), Status), next];
        }
    }

    private IEnumerable<Element?> Status(Instance instance)
    {
        var status = _fleet.StatusOf(instance);
        var reachability = status switch { "ok" => "passed", "initializing" => "initializing", _ => null };
        Element Check(string name) => new(
            name,
            new Element("status", status),
            reachability is null ? null : Xml.List("details", ["reachability"], d => new[] { new Element("name", d), new Element("status", reachability) }));
        return
        [
            new("instanceId", instance.Id),
            new("availabilityZone", instance.Zone.Name),
            InstanceXml.State("instanceState", instance.State),
            Check("systemStatus"),
            Check("instanceStatus"),
        ];
    }

    private (List<Instance> Page, Element? Next) Select(QueryParameters parameters, IEnumerable<Instance> from)
    {
        Paging.RefuseWith(parameters, "InstanceId");
        var ids = parameters.List("InstanceId");
        var instances = ids.Count > 0 ? Find(_account, ids) : from.Where(_account.IsVisible);
        return new Paging(parameters).Cut(new Filters(parameters).Apply(instances, i => _account.TagsOf(i.Id), _filters));
    }

    private IEnumerable<Element?> Terminate(QueryParameters parameters)
    {
        List<Instance> instances;
        List<Instance> ending;
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            instances = Find(_account, Ids(parameters));
            if (instances.Find(i => i.DisableTermination && i.IsAlive) is { } kept)
            {
                throw new ApiException(
                    "OperationNotPermitted",
                    $"The instance '{kept.Id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.");
            }

            EndDryRun(parameters);
            ending = [.. instances.Where(i => i.IsAlive)];
            answer = Change(instances, i => i.IsAlive, InstanceState.ShuttingDown, ("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"));
        }

        _fleet.Terminate(ending);
        return answer;
    }

    private IEnumerable<Element?> Stop(QueryParameters parameters)
    {
        List<Instance> stopping;
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            var instances = Find(_account, Ids(parameters));
            Refuse(instances, i => i.State is InstanceState.Running or InstanceState.Stopping or InstanceState.Stopped, "stopped");
            if (instances.Find(i => i.DisableStop && i.State == InstanceState.Running) is { } kept)
            {
                throw new ApiException("OperationNotPermitted", $"The instance '{kept.Id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.");
            }

            EndDryRun(parameters);
            stopping = [.. instances.Where(i => i.State == InstanceState.Running)];
            answer = Change(instances, i => i.State == InstanceState.Running, InstanceState.Stopping, ("Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"));
        }

        _fleet.Stop(stopping);
        return answer;
    }

    private IEnumerable<Element?> Start(QueryParameters parameters)
    {
        List<Instance> starting;
        IEnumerable<Element?> answer;
        lock (_account.Gate)
        {
            var instances = Find(_account, Ids(parameters));
            Refuse(instances, i => i.State is InstanceState.Stopped or InstanceState.Running or InstanceState.Pending, "started");
            EndDryRun(parameters);
            starting = [.. instances.Where(i => i.State == InstanceState.Stopped)];
            foreach (var instance in starting)
            {
                instance.LaunchTime = _account.Clock.GetUtcNow();
                instance.PublicAddress = _account.PublicOf(instance.PrivateAddress);
            }

            answer = Change(instances, i => i.State == InstanceState.Stopped, InstanceState.Pending, null);
        }

        _fleet.Start(starting);
        return answer;
    }

    private IEnumerable<Element?> Reboot(QueryParameters parameters)
    {
        List<Instance> instances;
        lock (_account.Gate)
        {
            instances = Find(_account, Ids(parameters));
            Refuse(instances, i => i.State is InstanceState.Running or InstanceState.Pending, "rebooted");
            EndDryRun(parameters);
        }

        _fleet.Reboot(instances);
        return [Xml.Return()];
    }

    private async Task<IEnumerable<Element?>> GetConsoleOutputAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        Instance instance;
        lock (_account.Gate)
        {
            instance = Find(_account, [parameters.Require("InstanceId")])[0];
            EndDryRun(parameters);
        }

        var text = Encoding.UTF8.GetBytes(await _fleet.ReadConsoleAsync(instance, cancellationToken));
        return
        [
            new("instanceId", instance.Id),
            new("timestamp", Xml.Time(_account.Clock.GetUtcNow())),
            text.Length == 0 ? null : new("output", Convert.ToBase64String(text.AsSpan(Math.Max(0, text.Length - ConsoleBytes)))),
        ];
    }

    private static IReadOnlyList<string> Ids(QueryParameters parameters) =>
        parameters.List("InstanceId") is { Count: > 0 } ids ? ids : throw ApiException.Missing("InstanceId");

    private static void Refuse(List<Instance> instances, Func<Instance, bool> allowed, string what)
    {
        if (instances.Find(i => !allowed(i)) is { } wrong)
        {
            throw new ApiException("IncorrectInstanceState", string.Create(CultureInfo.InvariantCulture, $"The instance '{wrong.Id}' is not in a state from which it can be {what}: {wrong.StateName}."));
        }
    }

    private static IEnumerable<Element?> Change(List<Instance> instances, Func<Instance, bool> concerns, InstanceState state, (string Code, string Message)? reason) =>
    [
        new Element(
            "instancesSet",
            instances.Select(i =>
            {
                var before = i.State;
                if (concerns(i))
                {
                    i.State = state;
                    i.Reason = reason;
                }

                return new Element("item", new Element("instanceId", i.Id), InstanceXml.State("currentState", i.State), InstanceXml.State("previousState", before));
            }).ToList()),
    ];
}
