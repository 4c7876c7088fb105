using System.Buffers.Binary;
using System.IO.Compression;

namespace LinkOverflow.Deploy.Tests.Reports;

/// <summary>The pixels of an 8-bit RGB or RGBA PNG without interlacing (RFC 2083), which is what Chromium writes.</summary>
internal sealed class Png
{
    private readonly byte[] _pixels;
    private readonly int _channels;
    private readonly int _stride;

    public Png(byte[] file)
    {
        Width = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(16));
        Height = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(20));
        _stride = Width;
        _channels = file[25] switch { 2 => 3, 6 => 4, _ => throw new NotSupportedException($"colour type {file[25]}") };
        using var data = new MemoryStream();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            if (file.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8))
            {
                data.Write(file, at + 8, length);
            }

            at += length + 12;
        }

        data.Position = 0;
        using var zlib = new ZLibStream(data, CompressionMode.Decompress);
        _pixels = Unfilter(zlib);
    }

    public int Width { get; private set; }

    public int Height { get; }

    public (byte Red, byte Green, byte Blue) this[int x, int y]
    {
        get
        {
            var at = ((y * _stride) + x) * _channels;
            return (_pixels[at], _pixels[at + 1], _pixels[at + 2]);
        }
    }

    /// <summary>The same picture's left part.</summary>
    public Png Cut(int width)
    {
        Width = width;
        return this;
    }

    private byte[] Unfilter(Stream lines)
    {
        var stride = Width * _channels;
        var pixels = new byte[stride * Height];
        var line = new byte[stride + 1];
        for (var y = 0; y < Height; y++)
        {
            lines.ReadExactly(line);
            var row = pixels.AsSpan(y * stride, stride);
            for (var x = 0; x < stride; x++)
            {
                int left = x < _channels ? 0 : row[x - _channels];
                int up = y == 0 ? 0 : pixels[((y - 1) * stride) + x];
                int corner = x < _channels || y == 0 ? 0 : pixels[((y - 1) * stride) + x - _channels];
                row[x] = (byte)(line[x + 1] + line[0] switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) });
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        var (a, b, c) = (Math.Abs(up - corner), Math.Abs(left - corner), Math.Abs(left + up - corner - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
