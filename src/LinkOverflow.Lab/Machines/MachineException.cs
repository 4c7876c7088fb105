namespace LinkOverflow.Lab.Machines;

/// <summary>A machine, its network or its image could not be made, changed or removed; the message says which program said what.</summary>
public class MachineException(string message, Exception? inner = null) : Exception(message, inner);
