using System.Buffers.Binary;
using System.Text;

namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>A packet in the making: its length, and values as RFC 4251, section 5, writes them.</summary>
internal sealed class PacketWriter
{
    private byte[] _bytes;
    private int _count;

    /// <summary>An empty packet.</summary>
    /// <param name="capacity">How many bytes it will have at most, so that none of them has to be moved.</param>
    public PacketWriter(int capacity = 64)
    {
        _bytes = new byte[capacity];
        Take(sizeof(uint));
    }

    /// <summary>A message of the SSH connection protocol about a channel, by its number at the receiver.</summary>
    public PacketWriter(MessageType type, uint channel, int capacity = 64)
        : this(capacity) => Message(type).UInt32(channel);

    /// <summary>Begins a message of the SSH connection protocol: no padding, and the type.</summary>
    public PacketWriter Message(MessageType type)
    {
        ((ReadOnlySpan<byte>)[0, (byte)type]).CopyTo(Take(2));
        return this;
    }

    public PacketWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);
        return this;
    }

    public PacketWriter Boolean(bool value)
    {
        Take(1)[0] = value ? (byte)1 : (byte)0;
        return this;
    }

    public PacketWriter String(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        value.CopyTo(Take(value.Length));
        return this;
    }

    public PacketWriter String(string value) => String(Encoding.UTF8.GetBytes(value));

    /// <summary>All of it.</summary>
    public ReadOnlyMemory<byte> Whole()
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes, (uint)(_count - sizeof(uint)));
        return _bytes.AsMemory(0, _count);
    }

    private Span<byte> Take(int count)
    {
        if (_count + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_count + count, 2 * _bytes.Length));
        }

        _count += count;
        return _bytes.AsSpan(_count - count, count);
    }
}
