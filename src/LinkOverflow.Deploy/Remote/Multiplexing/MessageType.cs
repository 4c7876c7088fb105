namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>The messages about channels, by their numbers (RFC 4250, section 4.1.2).</summary>
internal enum MessageType : byte
{
    ChannelOpen = 90,
    ChannelOpenConfirmation = 91,
    ChannelOpenFailure = 92,
    ChannelWindowAdjust = 93,
    ChannelData = 94,
    ChannelExtendedData = 95,
    ChannelEof = 96,
    ChannelClose = 97,
    ChannelRequest = 98,
    ChannelSuccess = 99,
    ChannelFailure = 100,
}
