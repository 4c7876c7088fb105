namespace LinkOverflow.Deploy.Settings;

/// <summary>A text that never shows itself: printing, formatting or serializing it gives stars.</summary>
public sealed class Secret
{
    private readonly string _value;

    /// <summary>Wraps a secret text.</summary>
    public Secret(string value) => _value = value;

    /// <summary>The text itself, for the one place that has to hand it on.</summary>
    public string Reveal() => _value;

    /// <summary>Stars, whatever the secret is.</summary>
    public override string ToString() => "********";
}
