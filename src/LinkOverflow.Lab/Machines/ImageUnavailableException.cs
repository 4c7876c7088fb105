namespace LinkOverflow.Lab.Machines;

/// <summary>The image that a machine is to boot from cannot be had; the message is for whoever launched it.</summary>
public sealed class ImageUnavailableException(string message, Exception? inner = null) : MachineException(message, inner);
