using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>Key pairs.</summary>
internal sealed class KeyPairActions : ActionSet
{
    private static readonly FilterTable<KeyPair> FilterNames = new()
    {
        { "key-name", k => k.Name },
        { "key-pair-id", k => k.Id },
        { "fingerprint", k => k.Fingerprint },
    };

    private readonly Account _account;

    public KeyPairActions(Account account)
    {
        _account = account;
        Add("CreateKeyPair", CreateAsync);
        Add("ImportKeyPair", Import);
        Add("DescribeKeyPairs", Describe);
        Add("DeleteKeyPair", Delete);
    }

    private async Task<IEnumerable<Element?>> CreateAsync(QueryParameters parameters, CancellationToken cancellationToken)
    {
        var name = Name(parameters);
        var type = parameters.Find("KeyType") ?? "rsa";
        if (type is not ("rsa" or "ed25519"))
        {
            throw ApiException.Invalid(type, "KeyType");
        }

        if (parameters.Find("KeyFormat") is { } format && format != "pem")
        {
            throw new ApiException("InvalidParameterValue", "The lab makes keys in pem format only.");
        }

        var tags = new TagSpecifications(parameters, "key-pair");
        EndDryRun(parameters);
        var made = await KeyMaterial.CreateAsync(type, name, cancellationToken);
        lock (_account.Gate)
        {
            // Another call may have taken the name while the key was made.
            var key = Keep(name, type, made.Fingerprint, made.PublicKey, tags);
            return [.. Common(key), new("keyMaterial", made.PrivateKey)];
        }
    }

    private IEnumerable<Element?> Import(QueryParameters parameters)
    {
        var name = Name(parameters);
        var material = parameters.Require("PublicKeyMaterial");
        var (type, publicKey, fingerprint) = KeyMaterial.Read(material)
            ?? throw new ApiException("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
        var tags = new TagSpecifications(parameters, "key-pair");
        lock (_account.Gate)
        {
            EndDryRun(parameters);
            return Common(Keep(name, type, fingerprint, publicKey, tags));
        }
    }

    private IEnumerable<Element?> Describe(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var (names, ids) = (parameters.List("KeyName"), parameters.List("KeyPairId"));
            var named = names.Select(n => _account.KeyPairs.GetValueOrDefault(n) ?? throw NotFound(n))
                .Concat(ids.Select(i => _account.KeyPairs.Values.FirstOrDefault(k => k.Id == i) ?? throw NotFound(i))).Distinct().ToList();
            var keys = new Filters(parameters).Apply(names.Count + ids.Count > 0 ? named : [.. _account.KeyPairs.Values], k => _account.TagsOf(k.Id), FilterNames);
            var withKey = parameters.FindBoolean("IncludePublicKey") ?? false;
            return
            [
                Xml.List("keySet", keys, k => (IEnumerable<Element?>)
                [
                    .. Common(k),
                    new("keyType", k.Type),
                    new("createTime", Xml.Time(k.Created)),
                    withKey ? new("publicKey", k.PublicKey) : null,
                ]),
            ];
        }
    }

    private IEnumerable<Element?> Delete(QueryParameters parameters)
    {
        lock (_account.Gate)
        {
            var name = parameters.Find("KeyName");
            var id = parameters.Find("KeyPairId");
            if (name is null && id is null)
            {
                throw new ApiException("MissingParameter", "The request must contain the parameter KeyName or KeyPairId");
            }

            EndDryRun(parameters);
            // As EC2 does: a key pair that is not there is as good as deleted.
            if (_account.KeyPairs.Values.FirstOrDefault(k => k.Name == name || k.Id == id) is { } key)
            {
                _account.KeyPairs.Remove(key.Name);
                _account.RemoveTags(key.Id);
                return [Xml.Return(), new("keyPairId", key.Id)];
            }

            return [Xml.Return()];
        }
    }

    /// <summary>InvalidKeyPair.NotFound.</summary>
    public static ApiException NotFound(string key) => new("InvalidKeyPair.NotFound", $"The key pair '{key}' does not exist");

    private string Name(QueryParameters parameters)
    {
        var name = parameters.Require("KeyName");
        if (name.Length > 255 || name.Any(c => !char.IsAscii(c)))
        {
            throw new ApiException("InvalidParameterValue", "Key names have up to 255 ASCII characters.");
        }

        lock (_account.Gate)
        {
            CheckFree(name);
        }

        return name;
    }

    private void CheckFree(string name)
    {
        if (_account.KeyPairs.ContainsKey(name))
        {
            throw new ApiException("InvalidKeyPair.Duplicate", $"The keypair '{name}' already exists.");
        }
    }

    private KeyPair Keep(string name, string type, string fingerprint, string publicKey, TagSpecifications tags)
    {
        CheckFree(name);
        var key = new KeyPair(ResourceId.New("key"), name, type, fingerprint, publicKey, _account.Clock.GetUtcNow());
        _account.KeyPairs.Add(name, key);
        tags.Apply(_account, "key-pair", key.Id);
        return key;
    }

    private IEnumerable<Element?> Common(KeyPair key) =>
        [new("keyPairId", key.Id), new("keyName", key.Name), new("keyFingerprint", key.Fingerprint), Xml.Tags(_account.TagsOf(key.Id))];
}
