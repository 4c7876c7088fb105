using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using LinkOverflow.Deploy.Remote.Multiplexing;

namespace LinkOverflow.Deploy.Tests.Remote.Multiplexing;

/// <summary>What is said on a control socket, byte by byte, and peers that say something else.</summary>
public sealed class PacketTests
{
    private const int LengthSize = 4;

    // Hello, version 4; granted.
    private const string Handshake = "00000008 00000001 00000004 00000008 8000000f 00000000";

    // Channel 1 is the host's channel 5.
    private const string Confirmation = "00000012 00 5b 00000001 00000005 00200000 00008000";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // RFC 4254, section 6.5, in PROTOCOL.mux's frame: the length, no padding, the type, the values.
    [Fact]
    public void A_packet_is_as_the_standard_writes_it() =>
        Convert.ToHexStringLower(new PacketWriter(MessageType.ChannelRequest, 7).String("exec").Boolean(true).String("é").Whole().Span)
            .ShouldBe("00000015" + "00" + "62" + "00000007" + "00000004" + "65786563" + "01" + "00000002" + "c3a9");

    [Fact]
    public void What_was_written_is_read_and_a_packet_that_is_cut_off_is_told()
    {
        var texts = Gen.Sample(ArbMap.Default.GeneratorFor<NonNull<string>>(), 50, 200).Select(t => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(t.Get)));
        foreach (var text in texts)
        {
            var packet = new PacketWriter(MessageType.ChannelData, uint.MaxValue).String(text).Boolean(true).UInt32(3).Whole().ToArray();
            ReadWhole(packet).ShouldBe((text, true, 3u));
            Should.Throw<InvalidDataException>(() => ReadWhole(packet[..^1]));
        }

        static (string, bool, uint) ReadWhole(byte[] packet)
        {
            var reader = new PacketReader(packet.AsMemory(LengthSize));
            reader.Byte().ShouldBe((byte)0);
            reader.Byte().ShouldBe((byte)MessageType.ChannelData);
            reader.UInt32().ShouldBe(uint.MaxValue);
            return (reader.String(), reader.Boolean(), reader.UInt32());
        }
    }

    [Theory]
    [InlineData("", "end")]
    [InlineData("00000008 00000001 00000004", "end")]
    [InlineData("00000008 00000001 00000005 00000008 8000000f 00000000", "proxy mode")]
    [InlineData("00000008 00000001 00000004 0000000d 80000003 00000000 00000001 78", "proxy mode")]
    [InlineData("7fffffff 00000001", "2147483647 bytes")]
    [InlineData("00000002 0000 00000002 0000", "shorter")]
    public async Task A_master_that_answers_otherwise_is_not_spoken_to(string answer, string said)
    {
        using var master = new Master(answer);
        (await Should.ThrowAsync<IOException>(() => MultiplexedConnection.OpenAsync(master.Path, Cancellation))).Message.ShouldContain(said, Case.Insensitive);
    }

    [Fact]
    public async Task Where_nobody_listens_there_is_no_connection()
    {
        using var folder = new TemporaryFolder();
        (await Should.ThrowAsync<IOException>(() => MultiplexedConnection.OpenAsync(Path.Combine(folder.Path, "s"), Cancellation))).Message.ShouldContain("does not answer");
    }

    // Confirms the channel of a session and then says what no host says.
    [Theory]
    [InlineData("00000006 00 5d 00000001")]
    [InlineData("0000000b 00 5e 00000001 00000fff 78")]
    [InlineData("00000001 00")]
    [InlineData("ffffffff")]
    public async Task A_master_that_says_nonsense_later_breaks_the_commands_off(string nonsense)
    {
        using var master = new Master(Handshake, Confirmation + nonsense);
        await using var connection = await MultiplexedConnection.OpenAsync(master.Path, Cancellation);
        await Should.ThrowAsync<IOException>(() => connection.ExecuteAsync("true", Cancellation));
        connection.IsOpen.ShouldBeFalse();
    }

    // As sshd asks whether anybody is still there (ClientAliveInterval, sshd_config(5)); one that wants no answer gets none.
    [Fact]
    public async Task A_host_that_wants_an_answer_to_a_request_gets_one()
    {
        static string Request(string wantsAnswer) => "00000020 00 62 00000001 00000015" + Convert.ToHexString("keepalive@openssh.com"u8) + wantsAnswer;
        using var master = new Master(Handshake, Confirmation + "00000006 00 63 00000001" + Request("00") + Request("01"));
        await using (var connection = await MultiplexedConnection.OpenAsync(master.Path, Cancellation))
        {
            await using var command = await connection.ExecuteAsync("true", Cancellation);
            (await command.WaitForExitAsync(Cancellation)).ShouldBeNull();
        }

        Convert.ToHexStringLower(await master.Heard).Split("00000006" + "00" + "64" + "00000005").Length.ShouldBe(2, "one answer");
    }

    /// <summary>Listens on a socket, says this, and that once a channel was asked for; then it ends.</summary>
    private sealed class Master : IDisposable
    {
        // What a client says before it asks for a channel.
        private const int HandshakeSize = 24;

        private readonly TemporaryFolder _folder = new();
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public Master(string answer, string later = "")
        {
            _listener.Bind(new UnixDomainSocketEndPoint(Path));
            _listener.Listen();
            Heard = AnswerAsync(Bytes(answer), Bytes(later));
        }

        /// <summary>All that was said to it.</summary>
        public Task<byte[]> Heard { get; }

        public string Path => System.IO.Path.Combine(_folder.Path, "s");

        public void Dispose()
        {
            _listener.Dispose();
            _folder.Dispose();
        }

        private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

        private async Task<byte[]> AnswerAsync(byte[] answer, byte[] later)
        {
            using var client = await _listener.AcceptAsync();
            await client.SendAsync(answer);
            var heard = new List<byte>();
            var buffer = new byte[4096];
            async Task<bool> HearAsync()
            {
                var count = await client.ReceiveAsync(buffer);
                heard.AddRange(buffer[..count]);
                return count > 0;
            }

            while (later.Length > 0 && heard.Count <= HandshakeSize && await HearAsync())
            {
                // It has not asked for a channel yet.
            }

            await client.SendAsync(later);
            client.Shutdown(SocketShutdown.Send);
            while (await HearAsync())
            {
                // Until it ends, too.
            }

            return [.. heard];
        }
    }
}
