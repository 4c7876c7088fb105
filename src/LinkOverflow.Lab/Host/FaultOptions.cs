using System.CommandLine;
using LinkOverflow.Lab.Faults;

namespace LinkOverflow.Lab.Host;

/// <summary>The command `fault KIND`, with the options that say whom it meets and how long.</summary>
internal sealed class FaultOptions
{
    private readonly Argument<FaultKind> _kind = new("kind")
    {
        Description = $"What goes wrong: {string.Join(", ", Enum.GetValues<FaultKind>().Select(FaultRequest.NameOf))}.",
        CustomParser = r =>
        {
            var kinds = Enum.GetValues<FaultKind>();
            var found = Array.FindIndex(kinds, k => FaultRequest.NameOf(k) == r.Tokens[0].Value);
            if (found < 0)
            {
                r.AddError($"'{r.Tokens[0].Value}' is none of {string.Join(", ", kinds.Select(FaultRequest.NameOf))}.");
            }

            return found < 0 ? default : kinds[found];
        },
    };

    private readonly Option<string?> _action = new("--action") { Description = "The one API action that it meets, such as RunInstances. [default: all]" };
    private readonly Option<string?> _zone = new("--zone") { Description = "The one zone that it meets. [default: all]" };
    private readonly Option<string?> _instance = new("--instance") { Description = "The running instance that it meets. [default: the next one launched]" };
    private readonly Option<int?> _nth = new("--nth") { Description = "Of the instances launched from now on, the first that it meets." };
    private readonly Option<int?> _count = new("--count") { Description = "How many requests or instances it meets; of capacity, how many places are free." };
    private readonly Option<double?> _seconds = new("--seconds") { Description = "How long it lasts; of late-visibility and slow-boot, how late." };
    private readonly Option<int?> _status = new("--status") { Description = "HTTP status of a server-error: 500 or 503. [default: 500]" };

    /// <summary>Adds argument and options to a command.</summary>
    public void AddTo(System.CommandLine.Command command)
    {
        command.Add(_kind);
        foreach (var option in (Option[])[_action, _zone, _instance, _nth, _count, _seconds, _status])
        {
            command.Add(option);
        }
    }

    public FaultRequest Read(ParseResult result) => new(
        result.GetValue(_kind),
        result.GetValue(_action),
        result.GetValue(_zone),
        result.GetValue(_instance),
        result.GetValue(_nth),
        result.GetValue(_count),
        result.GetValue(_seconds),
        result.GetValue(_status));
}
