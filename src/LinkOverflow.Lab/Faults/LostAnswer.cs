using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;

namespace LinkOverflow.Lab.Faults;

/// <summary>An answer that a client sees begin and never has.</summary>
internal static class LostAnswer
{
    /// <summary>
    /// Sends the head of an answer and one byte of it, then ends the connection. Where not a byte came, a client's HTTP stack may send
    /// the request again unasked, and nobody would notice the loss.
    /// </summary>
    /// <param name="context">The request; nothing of its answer is written yet.</param>
    /// <param name="contentType">Of the answer.</param>
    /// <param name="length">Of the answer, in bytes.</param>
    public static async Task SendAsync(HttpContext context, string contentType, int length)
    {
        // Past Kestrel, straight to the socket: by Kestrel's own way the bytes may still be queued when the connection goes.
        var socket = context.Features.Get<IConnectionSocketFeature>()!.Socket;
        var head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 200 OK\r\nContent-Type: {contentType}\r\nContent-Length: {length}\r\n\r\n<");
        await socket.SendAsync(Encoding.ASCII.GetBytes(head), context.RequestAborted);
        context.Abort();
    }
}
