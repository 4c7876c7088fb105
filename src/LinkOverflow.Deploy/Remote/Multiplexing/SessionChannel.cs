namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>A channel of the kind "session", on which one command runs (RFC 4254, sections 5 and 6).</summary>
internal sealed class SessionChannel : IRemoteCommand
{
    // What OpenSSH grants, too.
    private const uint Window = 2 * 1024 * 1024;
    private const uint MaxPacket = 32 * 1024;
    private const uint StandardError = 1;

    private readonly MultiplexedConnection _connection;
    private readonly Lock _lock = new();
    private readonly ReceivedStream _output;
    private readonly ReceivedStream _error;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int?> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SendWindow _hostWindow = new();
    private uint _hostNumber;
    private uint _consumed;
    private int? _exitCode;
    private bool _isAbandoned;

    public SessionChannel(uint number, MultiplexedConnection connection)
    {
        (Number, _connection) = (number, connection);
        _output = new ReceivedStream(Consume);
        _error = new ReceivedStream(Consume);
        Input = new SentStream(WriteAsync);
    }

    /// <summary>Its number here; the host has one of its own for it.</summary>
    public uint Number { get; }

    /// <summary>Whether the last of it was sent. The connection's, when its turn is.</summary>
    public bool IsClosedHere { get; set; }

    public Stream Input { get; }

    public Stream Output => _output;

    public Stream Error => _error;

    /// <summary>Opens it and begins the command.</summary>
    public async Task OpenAsync(string command, CancellationToken cancellationToken)
    {
        await SendAsync(new PacketWriter().Message(MessageType.ChannelOpen).String("session").UInt32(Number).UInt32(Window).UInt32(MaxPacket), cancellationToken);
        await _opened.Task.WaitAsync(cancellationToken);
        await SendAsync(new PacketWriter(MessageType.ChannelRequest, _hostNumber).String("exec").Boolean(true).String(command), cancellationToken);
        await _accepted.Task.WaitAsync(cancellationToken);
    }

    public async Task EndInputAsync() =>
        await SendAsync(new PacketWriter(MessageType.ChannelEof, _hostNumber), CancellationToken.None);

    public Task<int?> WaitForExitAsync(CancellationToken cancellationToken) => _exit.Task.WaitAsync(cancellationToken);

    /// <summary>Takes what the host says of it.</summary>
    public void Receive(MessageType type, PacketReader packet)
    {
        switch (type)
        {
            case MessageType.ChannelOpenConfirmation:
                Confirm(packet);
                break;
            case MessageType.ChannelOpenFailure:
                packet.UInt32();
                _opened.TrySetException(new ChannelRefusedException(packet.String()));
                _connection.Forget(this);
                break;
            case MessageType.ChannelWindowAdjust:
                _hostWindow.Widen(packet.UInt32());
                break;
            case MessageType.ChannelData:
                _output.Add(packet.Bytes());
                break;
            case MessageType.ChannelExtendedData when packet.UInt32() == StandardError:
                _error.Add(packet.Bytes());
                break;
            case MessageType.ChannelEof:
                EndOutput();
                break;
            case MessageType.ChannelRequest:
                Answer(packet);
                break;
            case MessageType.ChannelSuccess:
                _accepted.TrySetResult();
                break;
            case MessageType.ChannelFailure:
                _accepted.TrySetException(new ChannelRefusedException("The host runs no commands."));
                break;
            case MessageType.ChannelClose:
                _connection.Forget(this);
                _accepted.TrySetException(new IOException("The host closed the channel."));
                Post(new PacketWriter(MessageType.ChannelClose, _hostNumber), closes: true);
                End(_exitCode);
                break;
        }
    }

    /// <summary>Ends it here: the connection is gone.</summary>
    public void BreakOff()
    {
        var gone = new IOException("The connection has ended.");
        _opened.TrySetException(gone);
        _accepted.TrySetException(gone);
        End(null);
    }

    /// <summary>Closes it; what the host still says of it is passed over until it closes it, too.</summary>
    public async ValueTask DisposeAsync()
    {
        End(null);
        bool isOpened;
        lock (_lock)
        {
            _isAbandoned = true;
            isOpened = _opened.Task.IsCompletedSuccessfully;
        }

        if (isOpened)
        {
            await TrySendAsync(new PacketWriter(MessageType.ChannelClose, _hostNumber), closes: true);
        }
    }

    private void Confirm(PacketReader packet)
    {
        bool isAbandoned;
        lock (_lock)
        {
            _hostNumber = packet.UInt32();
            _hostWindow.Open(packet.UInt32(), packet.UInt32());
            _opened.TrySetResult();
            isAbandoned = _isAbandoned;
        }

        if (isAbandoned)
        {
            Post(new PacketWriter(MessageType.ChannelClose, _hostNumber), closes: true);
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var count = await _hostWindow.TakeAsync(bytes.Length, cancellationToken);
            await SendAsync(new PacketWriter(MessageType.ChannelData, _hostNumber, count + 16).String(bytes.Span[..count]), cancellationToken);
            bytes = bytes[count..];
        }
    }

    /// <summary>Lets the host send anew what was read here, once that is worth a packet.</summary>
    private void Consume(int count)
    {
        uint consumed;
        lock (_lock)
        {
            _consumed += (uint)count;
            if (_consumed < Window / 2)
            {
                return;
            }

            (consumed, _consumed) = (_consumed, 0);
        }

        Post(new PacketWriter(MessageType.ChannelWindowAdjust, _hostNumber).UInt32(consumed));
    }

    private void Answer(PacketReader request)
    {
        var name = request.String();
        var wantsReply = request.Boolean();
        switch (name)
        {
            case "exit-status":
                _exitCode = (int)request.UInt32();
                break;
            case "eow@openssh.com":
                // The command has closed its input, or has ended (OpenSSH's PROTOCOL, section 2.1).
                _hostWindow.Close();
                break;
        }

        if (wantsReply)
        {
            // sshd asks so whether anybody is still here (ClientAliveInterval, sshd_config(5)).
            Post(new PacketWriter(MessageType.ChannelFailure, _hostNumber));
        }
    }

    private void End(int? exitCode)
    {
        _hostWindow.Close();
        EndOutput();
        _exit.TrySetResult(exitCode);
    }

    private void EndOutput()
    {
        _output.End();
        _error.End();
    }

    private async ValueTask SendAsync(PacketWriter packet, CancellationToken cancellationToken)
    {
        if (!await _connection.SendAsync(this, packet.Whole(), closes: false, cancellationToken))
        {
            throw new IOException("The command has ended.");
        }
    }

    /// <summary>Sends without waiting: who reads must not be kept by what is written.</summary>
    private void Post(PacketWriter packet, bool closes = false) => _ = TrySendAsync(packet, closes);

    private async Task TrySendAsync(PacketWriter packet, bool closes)
    {
        try
        {
            await _connection.SendAsync(this, packet.Whole(), closes, CancellationToken.None);
        }
        catch (IOException)
        {
            // It went with the connection.
        }
    }
}
