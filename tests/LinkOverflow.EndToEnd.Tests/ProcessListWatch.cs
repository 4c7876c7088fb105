using System.Text;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>Looks at every process's command line again and again, as <c>ps</c> would show it to any user of the machine.</summary>
internal sealed class ProcessListWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Task _watching;

    public ProcessListWatch() => _watching = Task.Run(WatchAsync);

    /// <summary>Ends the watch and gives every command line that was seen.</summary>
    public async Task<IReadOnlyCollection<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        return _seen;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach (var folder in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0])))
            {
                try
                {
                    _seen.Add(Encoding.UTF8.GetString(await File.ReadAllBytesAsync(Path.Combine(folder, "cmdline"))).Replace('\0', ' '));
                }
                catch (IOException)
                {
                    // It ended meanwhile.
                }
            }

            await Task.Delay(20, CancellationToken.None);
        }
    }
}
