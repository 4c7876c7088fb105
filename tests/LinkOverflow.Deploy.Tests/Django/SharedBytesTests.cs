using LinkOverflow.Deploy.Django;

namespace LinkOverflow.Deploy.Tests.Django;

/// <summary>What is made once for all hosts.</summary>
public sealed class SharedBytesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Everybody_reads_all_of_it_from_the_beginning_while_it_is_still_being_made()
    {
        using var arrived = new SemaphoreSlim(0);
        var half = new byte[300_000];
        Random.Shared.NextBytes(half);
        var made = 0;
        var bytes = SharedBytes.Make(stream =>
        {
            Interlocked.Increment(ref made);
            stream.Write(half);

            // The first reader has some of it before there is more.
            arrived.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
            stream.Write(half);
        });
        using var early = new NotingStream(() => arrived.Release());
        var reading = bytes.CopyToAsync(early, Cancellation);
        using var late = new MemoryStream();
        await bytes.CopyToAsync(late, Cancellation);
        await reading;
        early.ToArray().ShouldBe([.. half, .. half]);
        late.ToArray().ShouldBe([.. half, .. half]);
        made.ShouldBe(1);
    }

    [Fact]
    public async Task Everybody_gets_what_went_wrong()
    {
        var bytes = SharedBytes.Make(stream =>
        {
            stream.Write(new byte[100]);
            throw new IOException("gone");
        });
        for (var reader = 0; reader < 2; reader++)
        {
            using var stream = new MemoryStream();
            (await Should.ThrowAsync<IOException>(() => bytes.CopyToAsync(stream, Cancellation))).Message.ShouldBe("gone");
        }
    }

    [Fact]
    public async Task A_reader_may_leave()
    {
        using var leave = new CancellationTokenSource();
        using var end = new ManualResetEventSlim();
        var bytes = SharedBytes.Make(_ => end.Wait(TimeSpan.FromSeconds(30)));
        using var stream = new MemoryStream();
        var reading = bytes.CopyToAsync(stream, leave.Token);
        await leave.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(reading);
        end.Set();
        await bytes.CopyToAsync(stream, Cancellation);
    }

    private sealed class NotingStream(Action written) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteAsync(buffer, cancellationToken);
            written();
        }
    }
}
