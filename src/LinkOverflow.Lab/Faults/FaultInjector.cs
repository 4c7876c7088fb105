using System.Globalization;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Faults;

/// <summary>Holds the faults that were asked for and says, at each point where one can strike, whether it does.</summary>
internal sealed class FaultInjector(TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly List<Fault> _faults = [];
    private int _last;

    /// <summary>Takes a fault that has been checked.</summary>
    public Fault Add(FaultRequest request)
    {
        lock (_gate)
        {
            var fault = new Fault(string.Create(CultureInfo.InvariantCulture, $"fault-{++_last}"), request, clock.GetUtcNow());
            _faults.Add(fault);
            return fault;
        }
    }

    /// <summary>The faults that still strike or that instances still suffer from, the oldest first.</summary>
    public IReadOnlyList<Fault> List()
    {
        lock (_gate)
        {
            _faults.RemoveAll(f => f.IsOver(clock.GetUtcNow()));
            return [.. _faults];
        }
    }

    /// <summary>Takes faults back.</summary>
    /// <param name="id">One fault's; null for all.</param>
    /// <returns>Those that were there.</returns>
    public IReadOnlyList<Fault> Remove(string? id)
    {
        lock (_gate)
        {
            List<Fault> removed = [.. _faults.Where(f => id is null || f.Id == id)];
            _faults.RemoveAll(removed.Contains);
            return removed;
        }
    }

    /// <summary>What a request is refused with before it is looked at; null when it is not.</summary>
    public ApiException? Refusal(string action)
    {
        lock (_gate)
        {
            var fault = Strikes(f => f.Kind is FaultKind.Throttle or FaultKind.ServerError && (f.Action is null || f.Action == action)).FirstOrDefault();
            fault?.Hit();
            return fault?.Request switch
            {
                null => null,
                { Kind: FaultKind.Throttle } => new ApiException(503, "RequestLimitExceeded", "Request limit exceeded."),
                { Status: 503 } => new ApiException(503, "Unavailable", "The server is overloaded and can't handle the request."),
                _ => new ApiException(500, "InternalError", "An internal error has occurred."),
            };
        }
    }

    /// <summary>Whether the answer to what has just been done is lost.</summary>
    public bool LosesAnswer(string action)
    {
        lock (_gate)
        {
            var fault = Strikes(f => f.Kind == FaultKind.LostAnswer && (f.Action is null || f.Action == action)).FirstOrDefault();
            fault?.Hit();
            return fault is not null;
        }
    }

    /// <summary>How many more instances a zone has room for.</summary>
    public int Room(Zone zone)
    {
        lock (_gate)
        {
            return Shortages(zone).Select(f => f.Remaining!.Value).DefaultIfEmpty(int.MaxValue).Min();
        }
    }

    /// <summary>Gives a new instance its place in its zone, and what is to go wrong with it.</summary>
    public void OnLaunch(Instance instance)
    {
        lock (_gate)
        {
            foreach (var fault in Shortages(instance.Zone).Where(f => f.Remaining > 0))
            {
                fault.Hit();
            }

            foreach (var fault in Strikes(f => f.MeetsInstances).ToList())
            {
                if (fault.Skip > 0)
                {
                    fault.Skip--;
                    continue;
                }

                fault.Remaining--;
                Give(instance, fault);
            }
        }
    }

    /// <summary>A running instance comes to suffer from a fault.</summary>
    public void Give(Instance instance, Fault fault)
    {
        lock (_gate)
        {
            fault.Hits++;
            var seconds = fault.Request.Seconds ?? 0;
            switch (fault.Request.Kind)
            {
                case FaultKind.LateVisibility:
                    instance.VisibleFrom = clock.GetUtcNow().AddSeconds(seconds);
                    return;
                case FaultKind.NetworkCut:
                    instance.IsCutOff = true;
                    break;
                default:
                    instance.Faults = Combine(instance.Faults, fault.Request.Kind, seconds);
                    break;
            }

            if (fault.Request.IsOutage)
            {
                fault.Instances.Add(instance);
            }
        }
    }

    /// <summary>An instance does not suffer from a fault any more.</summary>
    /// <returns>Whether it did until now.</returns>
    public bool Take(Instance instance, Fault fault)
    {
        lock (_gate)
        {
            var suffered = fault.Instances.Remove(instance);
            if (suffered && fault.Request.Kind == FaultKind.NetworkCut)
            {
                instance.IsCutOff = false;
            }

            return suffered;
        }
    }

    private static MachineFaults Combine(MachineFaults faults, FaultKind kind, double seconds) => kind switch
    {
        FaultKind.BootFailure => faults with { FailsToBoot = true },
        FaultKind.SlowBoot => faults with { BootDelay = TimeSpan.FromSeconds(seconds) },
        FaultKind.WrongHostKey => faults with { WrongHostKey = true },
        _ => faults with { DiskFull = true },
    };

    private IEnumerable<Fault> Shortages(Zone zone) =>
        _faults.Where(f => f.Request.Kind == FaultKind.Capacity && !f.IsOver(clock.GetUtcNow()) && (f.Request.Zone is null || f.Request.Zone == zone.Name));

    private IEnumerable<Fault> Strikes(Func<FaultRequest, bool> concerns) =>
        _faults.Where(f => f.Remaining != 0 && !f.IsOver(clock.GetUtcNow()) && concerns(f.Request));
}
