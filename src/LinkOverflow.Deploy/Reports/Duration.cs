using System.Globalization;

namespace LinkOverflow.Deploy.Reports;

/// <summary>Durations for people.</summary>
internal static class Duration
{
    /// <summary>9.4 s, 1 min 05 s, 2 h 07 min.</summary>
    public static string Text(TimeSpan time) =>
        time.TotalSeconds < 59.95 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds:00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes:00} min");
}
