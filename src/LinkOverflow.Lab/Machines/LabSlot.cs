using System.Globalization;

namespace LinkOverflow.Lab.Machines;

/// <summary>
/// The number from which everything that a lab owns on this machine takes its name, so that labs never meet:
/// private addresses 10.77.N.0/24, public ones 127.77.N.0/24, interfaces and network namespaces lolabN-*, nft table lolab_N.
/// </summary>
/// <param name="Number">0 to 99.</param>
internal readonly record struct LabSlot(int Number)
{
    public const int Count = 100;

    private string Text => Number.ToString(CultureInfo.InvariantCulture);

    public string Name => $"lolab{Text}";

    public string Table => $"lolab_{Text}";

    /// <summary>Before the last byte of a private address.</summary>
    public string PrivatePrefix => $"10.77.{Text}.";

    /// <summary>Before the last byte of a public address.</summary>
    public string PublicPrefix => $"127.77.{Text}.";

    public string PrivateRange => $"{PrivatePrefix}0/24";

    public string PublicRange => $"{PublicPrefix}0/24";

    /// <summary>This machine's address as its machines see it.</summary>
    public string Gateway => $"{PrivatePrefix}1";

    /// <summary>Interface here and network namespace of the machine with that private address.</summary>
    public string Interface(string privateAddress) => $"{Name}-{privateAddress[(privateAddress.LastIndexOf('.') + 1)..]}";
}
