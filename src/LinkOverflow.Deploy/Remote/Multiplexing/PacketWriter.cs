using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>A packet in the making: its length, and values as RFC 4251, section 5, writes them.</summary>
internal sealed class PacketWriter
{
    private const int LengthSize = sizeof(uint);

    private readonly byte[] _length = new byte[LengthSize];
    private readonly ArrayBufferWriter<byte> _bytes;

    /// <summary>An empty packet.</summary>
    /// <param name="capacity">How many bytes it will about have.</param>
    public PacketWriter(int capacity = 64)
    {
        _bytes = new ArrayBufferWriter<byte>(capacity);
        _bytes.Write(_length);
    }

    /// <summary>A message of the SSH connection protocol about a channel, by its number at the receiver.</summary>
    public PacketWriter(MessageType type, uint channel, int capacity = 64)
        : this(capacity) => Message(type).UInt32(channel);

    /// <summary>Begins a message of the SSH connection protocol: no padding, and the type.</summary>
    public PacketWriter Message(MessageType type)
    {
        _bytes.Write<byte>([0, (byte)type]);
        return this;
    }

    public PacketWriter UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.GetSpan(sizeof(uint)), value);
        _bytes.Advance(sizeof(uint));
        return this;
    }

    public PacketWriter Boolean(bool value)
    {
        _bytes.Write<byte>([value ? (byte)1 : (byte)0]);
        return this;
    }

    public PacketWriter String(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        _bytes.Write(value);
        return this;
    }

    public PacketWriter String(string value) => String(Encoding.UTF8.GetBytes(value));

    /// <summary>All of it.</summary>
    public byte[] ToArray()
    {
        var packet = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt32BigEndian(packet, (uint)(packet.Length - LengthSize));
        return packet;
    }
}
