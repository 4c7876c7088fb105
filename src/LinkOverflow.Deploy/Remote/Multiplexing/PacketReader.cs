using System.Buffers.Binary;
using System.Text;

namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>Reads a packet's values, one after the other (RFC 4251, section 5).</summary>
/// <param name="rest">What follows its length.</param>
internal struct PacketReader(ReadOnlyMemory<byte> rest)
{
    private ReadOnlyMemory<byte> _rest = rest;

    public byte Byte() => Take(1).Span[0];

    public bool Boolean() => Byte() != 0;

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)).Span);

    public ReadOnlyMemory<byte> Bytes() => Take(UInt32());

    public string String() => Encoding.UTF8.GetString(Bytes().Span);

    private ReadOnlyMemory<byte> Take(uint count)
    {
        if (count > _rest.Length)
        {
            throw new InvalidDataException("A packet is shorter than what it says it holds.");
        }

        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }
}
