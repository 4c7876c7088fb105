namespace LinkOverflow.Lab.Model;

/// <summary>A key pair; the lab keeps only its public half.</summary>
/// <param name="Id">key-...</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">rsa or ed25519.</param>
/// <param name="Fingerprint">As AWS computes it for this type and origin.</param>
/// <param name="PublicKey">One line as in authorized_keys.</param>
/// <param name="Created">When it came.</param>
internal sealed record KeyPair(string Id, string Name, string Type, string Fingerprint, string PublicKey, DateTimeOffset Created);
