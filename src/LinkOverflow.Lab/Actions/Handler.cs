using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Answers one action of the EC2 API.</summary>
/// <param name="parameters">What the client sent.</param>
/// <param name="cancellationToken">The client went away.</param>
/// <returns>The elements of the answer.</returns>
internal delegate Task<IEnumerable<Element?>> Handler(QueryParameters parameters, CancellationToken cancellationToken);

/// <summary>The actions of one kind of resource, by their names.</summary>
internal abstract class ActionSet
{
    private readonly Dictionary<string, Handler> _handlers = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, Handler> Handlers => _handlers;

    protected void Add(string action, Handler handler) => _handlers.Add(action, handler);

    /// <summary>For those that have nothing to wait for.</summary>
    protected void Add(string action, Func<QueryParameters, IEnumerable<Element?>> handler) =>
        _handlers.Add(action, (parameters, _) => Task.FromResult(handler(parameters)));

    /// <summary>Ends a request that only asks whether it would succeed. Comes after every check and before every change.</summary>
    /// <exception cref="ApiException">DryRunOperation.</exception>
    protected static void EndDryRun(QueryParameters parameters)
    {
        if (parameters.FindBoolean("DryRun") == true)
        {
            throw new ApiException(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.");
        }
    }
}
