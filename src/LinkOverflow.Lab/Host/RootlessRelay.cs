using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// The outer half of the way between this machine's network and the lab's: listens here where the lab, or one of its machines, answers
/// there. Where nothing does nothing listens, so that whoever connects is refused as by a machine.
/// </summary>
/// <param name="gate">The socket of <see cref="RootlessGate"/>.</param>
/// <param name="say">Told what cannot be shown here.</param>
internal sealed class RootlessRelay(string gate, Action<string> say)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Relays what connects to a listener, until it is ended.</summary>
    public async Task RelayAsync(TcpListener listener, CancellationToken cancellationToken)
    {
        var address = (IPEndPoint)listener.LocalEndpoint;
        try
        {
            while (true)
            {
                _ = ConnectAsync(await listener.AcceptSocketAsync(cancellationToken), address);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It is no longer listened there.
        }
    }

    /// <summary>Listens where the lab says that a machine answers, until it is ended.</summary>
    public async Task FollowDoorsAsync(CancellationToken cancellationToken)
    {
        var open = new Dictionary<string, TcpListener>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                using var inside = await TryAskAsync(RootlessGate.Doors, cancellationToken);
                if (inside is not null)
                {
                    using var lines = new StreamReader(new NetworkStream(inside), Encoding.ASCII);
                    while (await lines.ReadLineAsync(cancellationToken) is { } line)
                    {
                        Follow(open, line.Split(' ', StringSplitOptions.RemoveEmptyEntries), cancellationToken);
                    }
                }

                await Task.Delay(Interval, cancellationToken);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The lab ends.
        }
        finally
        {
            foreach (var listener in open.Values)
            {
                listener.Dispose();
            }
        }
    }

    private void Follow(Dictionary<string, TcpListener> open, string[] doors, CancellationToken cancellationToken)
    {
        foreach (var closed in open.Keys.Except(doors, StringComparer.Ordinal).ToList())
        {
            open.Remove(closed, out var listener);
            listener!.Dispose();
        }

        foreach (var door in doors.Where(d => !open.ContainsKey(d)))
        {
            var listener = new TcpListener(IPEndPoint.Parse(door));
            try
            {
                listener.Start(backlog: 512);
            }
            catch (SocketException e)
            {
                say($"{door} is not shown here: {e.Message}");
            }

            // Also one that could not be listened at, so that it is said once.
            open[door] = listener;
            if (listener.Server.IsBound)
            {
                _ = RelayAsync(listener, cancellationToken);
            }
        }
    }

    private async Task ConnectAsync(Socket client, IPEndPoint address)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                using var inside = await TryAskAsync(address.ToString(), CancellationToken.None);
                var answer = new byte[1];
                if (inside is null || await inside.ReceiveAsync(answer) == 0 || answer[0] != RootlessGate.Connected)
                {
                    client.Close(0);
                    return;
                }

                await SocketPair.JoinAsync(client, inside);
            }
            catch (SocketException)
            {
                client.Close(0);
            }
        }
    }

    private async Task<Socket?> TryAskAsync(string what, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(gate), cancellationToken);
            await socket.SendAsync(Encoding.ASCII.GetBytes(what + "\n"), cancellationToken);
            return socket;
        }
        catch (SocketException)
        {
            // The lab does not listen yet, or no more.
            socket.Dispose();
            return null;
        }
    }
}
