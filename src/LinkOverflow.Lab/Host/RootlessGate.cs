using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// The inner half of the way between the lab's network and this machine's: a socket that both see, by which the process outside asks for
/// connections. They are made here, so that the packet filter treats them as it treats those of root's lab.
/// </summary>
internal sealed class RootlessGate : IDisposable
{
    /// <summary>On standard input: end in order.</summary>
    public const string End = "end";

    /// <summary>Asks for a line with the open ports at each change.</summary>
    public const string Doors = "doors";

    /// <summary>The answer to an address that could be connected to; anything else ends.</summary>
    public const byte Connected = (byte)'+';

    private const string WayOut = "tap0";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan NetworkPatience = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly LabFolders _folders;
    private readonly CancellationTokenSource _stopping;
    private Func<IReadOnlyList<IPEndPoint>> _doors = () => [];

    private RootlessGate(Socket socket, LabFolders folders, CancellationTokenSource stopping)
    {
        _socket = socket;
        _folders = folders;
        _stopping = stopping;
    }

    /// <summary>Opens it, and ends the lab when the process outside asks for that or is no more.</summary>
    public static RootlessGate Open(LabFolders folders, CancellationTokenSource stopping)
    {
        Environment.CurrentDirectory = folders.State;
        // A killed lab's; this one has the lock.
        File.Delete(LabFolders.Gate);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(LabFolders.Gate));
        socket.Listen(512);
        var gate = new RootlessGate(socket, folders, stopping);
        new Thread(gate.HearOutside) { IsBackground = true, Name = "outside" }.Start();
        _ = gate.AcceptAsync();
        return gate;
    }

    /// <summary>Waits for the way out to the internet; from then on it says which ports are open.</summary>
    /// <exception cref="MachineException">There is none.</exception>
    public async Task ServeAsync(Func<IReadOnlyList<IPEndPoint>> doors, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _doors, doors);
        var deadline = DateTime.UtcNow + NetworkPatience;
        while (!(await File.ReadAllLinesAsync("/proc/net/route", cancellationToken)).Any(l => l.StartsWith(WayOut + "\t00000000\t", StringComparison.Ordinal)))
        {
            if (DateTime.UtcNow > deadline)
            {
                throw new MachineException($"The machines have no way out: slirp4netns says {(await File.ReadAllTextAsync(Path.Combine(_folders.State, "network.log"), cancellationToken)).Trim()}");
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    public void Dispose() => _socket.Dispose();

    private void HearOutside()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        if (input.ReadLine() == End)
        {
            _stopping.Cancel();
        }
        else
        {
            // Nobody relays any more and nobody waits: as when the computer is switched off, which the next start knows how to mend.
            Process.GetCurrentProcess().Kill();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _socket.AcceptAsync());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The lab ends.
        }
    }

    private async Task AnswerAsync(Socket outside)
    {
        using (outside)
        {
            try
            {
                var asked = await ReadLineAsync(outside, _stopping.Token);
                if (asked == Doors)
                {
                    await TellDoorsAsync(outside, _stopping.Token);
                }
                else if (IPEndPoint.TryParse(asked, out var address))
                {
                    using var machine = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    await machine.ConnectAsync(address);
                    await outside.SendAsync(new[] { Connected });
                    await SocketPair.JoinAsync(outside, machine);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                // Either end has gone, or never was; the other is told by the end of its connection.
            }
        }
    }

    private async Task TellDoorsAsync(Socket outside, CancellationToken cancellationToken)
    {
        string? told = null;
        while (true)
        {
            var now = string.Join(' ', Volatile.Read(ref _doors)().Select(d => d.ToString()).Order(StringComparer.Ordinal)) + "\n";
            if (now != told)
            {
                await outside.SendAsync(Encoding.ASCII.GetBytes(now), cancellationToken);
                told = now;
            }

            await Task.Delay(Interval, cancellationToken);
        }
    }

    private static async Task<string> ReadLineAsync(Socket from, CancellationToken cancellationToken)
    {
        // A byte at a time: what follows the line is the connection's.
        var line = new StringBuilder();
        var one = new byte[1];
        while (await from.ReceiveAsync(one, cancellationToken) == 1 && one[0] != '\n' && line.Length < 64)
        {
            line.Append((char)one[0]);
        }

        return line.ToString();
    }
}
