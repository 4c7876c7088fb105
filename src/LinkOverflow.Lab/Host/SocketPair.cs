using System.Buffers;
using System.Net.Sockets;

namespace LinkOverflow.Lab.Host;

/// <summary>Two connections that become one.</summary>
internal static class SocketPair
{
    private const int Size = 64 * 1024;

    /// <summary>Carries over what comes on either, until both directions have ended; an end of one direction leaves the other open.</summary>
    public static async Task JoinAsync(Socket one, Socket other)
    {
        await Task.WhenAll(CarryAsync(one, other), CarryAsync(other, one));
    }

    private static async Task CarryAsync(Socket from, Socket to)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Size);
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer)) > 0)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Broken off on one side, so on the other: the second direction does not go on.
            from.Close(0);
            to.Close(0);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
