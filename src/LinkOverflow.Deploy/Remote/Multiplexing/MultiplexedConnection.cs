using System.Collections.Concurrent;
using System.Net.Sockets;

namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>
/// The commands that run over a connection of the OpenSSH client, by the socket of its ControlMaster in proxy mode: what goes over it is the
/// SSH connection protocol (RFC 4254), which the client encrypts and passes on, so that no command needs an ssh process.
/// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.mux, sections 1 and 9; OpenSSH 7.4 and later.
/// </summary>
internal sealed class MultiplexedConnection : IAsyncDisposable
{
    private const uint Hello = 0x00000001;
    private const uint Version = 4;
    private const uint Proxy = 0x1000000f;
    private const uint ProxyGranted = 0x8000000f;

    // PACKET_MAX_SIZE of the OpenSSH client.
    private const int MaxPacket = 256 * 1024;

    private readonly NetworkStream _stream;
    private readonly BufferedStream _input;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentDictionary<uint, SessionChannel> _channels = new();
    private readonly Task _reading;
    private volatile bool _hasEnded;
    private int _lastChannel;

    private MultiplexedConnection(NetworkStream stream, BufferedStream input)
    {
        (_stream, _input) = (stream, input);
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>False once the master is gone.</summary>
    public bool IsOpen => !_hasEnded;

    /// <summary>Connects to a master.</summary>
    /// <param name="socket">Its control socket.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">It does not answer, or not so.</exception>
    public static async Task<MultiplexedConnection> OpenAsync(string socket, CancellationToken cancellationToken)
    {
        var stream = new NetworkStream(await ConnectAsync(socket, cancellationToken), ownsSocket: true);
        try
        {
            await stream.WriteAsync(new PacketWriter().UInt32(Hello).UInt32(Version).Whole(), cancellationToken);
            await stream.WriteAsync(new PacketWriter().UInt32(Proxy).UInt32(0).Whole(), cancellationToken);
            var input = new BufferedStream(stream, 1 << 16);
            var hello = await ReadPacketAsync(input, cancellationToken);
            var answer = await ReadPacketAsync(input, cancellationToken);
            return hello.UInt32() == Hello && hello.UInt32() == Version && answer.UInt32() == ProxyGranted
                ? new MultiplexedConnection(stream, input)
                : throw new IOException("The OpenSSH client does not share its connection in proxy mode, as 7.4 and later do.");
        }
        catch (Exception e)
        {
            await stream.DisposeAsync();
            if (e is InvalidDataException)
            {
                throw new IOException(e.Message, e);
            }

            throw;
        }
    }

    /// <summary>Begins a command.</summary>
    /// <exception cref="ChannelRefusedException">The host allows no further one.</exception>
    /// <exception cref="IOException">The connection has ended.</exception>
    public async Task<IRemoteCommand> ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        var channel = new SessionChannel((uint)Interlocked.Increment(ref _lastChannel), this);
        _channels[channel.Number] = channel;
        if (!IsOpen)
        {
            // Its end did not see this one.
            channel.BreakOff();
        }

        try
        {
            await channel.OpenAsync(command, cancellationToken);
            return channel;
        }
        catch
        {
            await channel.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends all that is left, and the connection to the master.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // So that what reads it reads its end, and not a stream that is gone.
            _stream.Socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // The master has gone before.
        }

        await _reading;
        await _stream.DisposeAsync();
    }

    /// <summary>Sends a packet of a channel; nothing more of it once it was closed here, which the host would take for a violation.</summary>
    /// <returns>Whether it was sent.</returns>
    /// <exception cref="IOException">The connection has ended.</exception>
    internal async ValueTask<bool> SendAsync(SessionChannel channel, ReadOnlyMemory<byte> packet, bool closes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (channel.IsClosedHere)
            {
                return false;
            }

            channel.IsClosedHere = closes;

            // Half a packet would be the end of all channels.
            await _stream.WriteAsync(packet, CancellationToken.None);
            return true;
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("The connection has ended.", e);
        }
        finally
        {
            _turn.Release();
        }
    }

    internal void Forget(SessionChannel channel) => _channels.TryRemove(channel.Number, out _);

    private static async Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException)
            {
                throw new IOException($"The control socket of the OpenSSH client does not answer: {e.Message}", e);
            }

            throw;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                Dispatch(await ReadPacketAsync(_input, CancellationToken.None));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            // The master has ended, or this was let go of; each command tells.
        }
        finally
        {
            _hasEnded = true;
            foreach (var channel in _channels.Values)
            {
                channel.BreakOff();
            }
        }
    }

    private void Dispatch(PacketReader packet)
    {
        // The length of the padding, of which there is none.
        packet.Byte();
        var type = (MessageType)packet.Byte();
        if (type is >= MessageType.ChannelOpenConfirmation and <= MessageType.ChannelFailure && _channels.TryGetValue(packet.UInt32(), out var channel))
        {
            channel.Receive(type, packet);
        }
    }

    private static async Task<PacketReader> ReadPacketAsync(Stream input, CancellationToken cancellationToken)
    {
        var length = new byte[sizeof(uint)];
        await input.ReadExactlyAsync(length, cancellationToken);
        var count = new PacketReader(length).UInt32();
        if (count > MaxPacket)
        {
            throw new InvalidDataException($"A packet says it has {count} bytes.");
        }

        var packet = new byte[count];
        await input.ReadExactlyAsync(packet, cancellationToken);
        return new PacketReader(packet);
    }
}
