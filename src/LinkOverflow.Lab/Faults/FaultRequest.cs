using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Faults;

/// <summary>A fault as it is asked for. Every fault is bounded: by a count, by seconds, or by which instances it meets.</summary>
/// <param name="Kind">What goes wrong.</param>
/// <param name="Action">The one API action that it meets; null for all.</param>
/// <param name="Zone">The one zone that it meets; null for all.</param>
/// <param name="Instance">The running instance that it meets; null for new ones.</param>
/// <param name="Nth">Of the instances launched from now on the first that it meets; null for the next.</param>
/// <param name="Count">How many requests or instances it meets, or for capacity how many places are free.</param>
/// <param name="Seconds">How long it lasts, how late an instance is seen, or how much later it boots.</param>
/// <param name="Status">500 or 503, of a server error.</param>
internal sealed record FaultRequest(
    FaultKind Kind, string? Action = null, string? Zone = null, string? Instance = null, int? Nth = null, int? Count = null, double? Seconds = null, int? Status = null)
{
    private const double Longest = 24 * 3600;

    /// <summary>How faults are written in JSON.</summary>
    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The kind's name as it is typed.</summary>
    public string Name => NameOf(Kind);

    /// <summary>Whether it meets instances, not requests.</summary>
    public bool MeetsInstances => Kind >= FaultKind.BootFailure || Kind == FaultKind.LateVisibility;

    /// <summary>Whether a running instance can come to have it, and can get rid of it again.</summary>
    public bool IsOutage => Kind is FaultKind.NetworkCut or FaultKind.DiskFull;

    public static string NameOf(FaultKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    /// <summary>Refuses what the kind does not take, and what it lacks.</summary>
    /// <exception cref="ApiException">InvalidParameterCombination, MissingParameter, InvalidParameterValue.</exception>
    public void Check()
    {
        Take("action", Action is not null, Kind is FaultKind.Throttle or FaultKind.ServerError or FaultKind.LostAnswer);
        Take("status", Status is not null, Kind == FaultKind.ServerError);
        Take("zone", Zone is not null, Kind == FaultKind.Capacity);
        Take("instance", Instance is not null, IsOutage);
        Take("nth", Nth is not null, MeetsInstances && Instance is null);
        Take("count", Count is not null, Instance is null);
        Take("seconds", Seconds is not null, Kind is not (FaultKind.BootFailure or FaultKind.WrongHostKey));
        Need("count", Count is null && Kind == FaultKind.Capacity);
        Need("seconds", Seconds is null && Kind is FaultKind.LateVisibility or FaultKind.SlowBoot);
        Range("count", Count, Kind == FaultKind.Capacity ? 0 : 1, int.MaxValue);
        Range("nth", Nth, 1, int.MaxValue);
        Range("seconds", Seconds, 0, Longest);
        if (Status is not (null or 500 or 503))
        {
            throw ApiException.Invalid(Status.Value.ToString(CultureInfo.InvariantCulture), "status");
        }

        if (Zone is not null && Zones.All.All(z => z.Name != Zone))
        {
            throw ApiException.Invalid(Zone, "zone");
        }
    }

    private void Take(string parameter, bool given, bool taken)
    {
        if (given && !taken)
        {
            throw ApiException.Combination($"The fault {Name} does not take {parameter}{(parameter is "nth" or "count" && Instance is not null ? " together with instance" : "")}.");
        }
    }

    private void Need(string parameter, bool missing)
    {
        if (missing)
        {
            throw new ApiException("MissingParameter", $"The fault {Name} needs {parameter}.");
        }
    }

    private static void Range(string parameter, double? value, double minimum, double maximum)
    {
        if (value < minimum || value > maximum)
        {
            throw ApiException.Invalid(value.Value.ToString(CultureInfo.InvariantCulture), parameter);
        }
    }
}
