namespace LinkOverflow.Deploy.Django;

/// <summary>Bytes that are made once and read by many, each from the beginning, while they are still being made.</summary>
internal sealed class SharedBytes
{
    // Many hosts write each part on their own, so that small parts would cost more than they are worth.
    private const int PartSize = 1 << 16;

    private readonly Part _first = new([]);

    private SharedBytes()
    {
    }

    /// <summary>Begins to make them.</summary>
    /// <param name="make">Writes them; what it throws, every reader gets.</param>
    public static SharedBytes Make(Action<Stream> make)
    {
        var bytes = new SharedBytes();
        _ = Task.Run(() =>
        {
            var parts = new Parts(bytes._first);
            try
            {
                using (var buffer = new BufferedStream(parts, PartSize))
                {
                    make(buffer);
                }

                parts.Last.Next.SetResult(null);
            }
            catch (Exception e)
            {
                // Not always is there somebody left to read of it.
                _ = parts.Last.Next.Task.ContinueWith(t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                parts.Last.Next.SetException(e);
            }
        });
        return bytes;
    }

    /// <summary>Writes them all, as they come.</summary>
    public async Task CopyToAsync(Stream stream, CancellationToken cancellationToken)
    {
        for (var part = await _first.Next.Task.WaitAsync(cancellationToken); part is not null; part = await part.Next.Task.WaitAsync(cancellationToken))
        {
            await stream.WriteAsync(part.Bytes, cancellationToken);
        }
    }

    private sealed class Part(byte[] bytes)
    {
        public byte[] Bytes => bytes;

        /// <summary>The part that follows; null after the last.</summary>
        public TaskCompletionSource<Part?> Next { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private sealed class Parts(Part first) : Stream
    {
        public Part Last { get; private set; } = first;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (buffer.IsEmpty)
            {
                return;
            }

            var part = new Part(buffer.ToArray());
            var last = Last;
            Last = part;
            last.Next.SetResult(part);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
