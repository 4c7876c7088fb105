namespace LinkOverflow.Deploy.Remote.Multiplexing;

/// <summary>A connection has as many sessions as its host allows (MaxSessions, sshd_config(5)).</summary>
internal sealed class ChannelRefusedException(string message) : Exception(message);
