namespace LinkOverflow.Deploy.Remote;

/// <summary>A command on a host does not read its input any more, as against a file here that cannot be read.</summary>
internal sealed class HostInputException(IOException inner) : IOException(inner.Message, inner);
