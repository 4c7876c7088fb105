using System.Text.Json;
using System.Text.Json.Serialization;
using LinkOverflow.Lab.Model;

namespace LinkOverflow.Lab.Host;

/// <summary>
/// The account as it is kept in the lab's state folder, so that the next start finds instances, volumes and everything else.
/// Written before a change is answered; there whole or not at all, however the lab ends.
/// </summary>
/// <param name="file">account.json; for its owner's eyes, user data can hold secrets.</param>
internal sealed class AccountFile(string file)
{
    // What serializers learn of a type they keep with their options: new ones for each instance would learn it each time.
    private static readonly JsonSerializerOptions Plain = Options();

    private JsonSerializerOptions? _withGroups;
    private byte[] _written = [];

    /// <summary>What was kept; null when nothing was.</summary>
    /// <exception cref="Machines.MachineException">The file cannot be read; says what to do.</exception>
    public AccountState? Read() => File.Exists(file) ? Understand(() => JsonSerializer.Deserialize<AccountState>(File.ReadAllBytes(file), Plain)) : null;

    /// <summary>Gives an account what was kept.</summary>
    /// <exception cref="Machines.MachineException">The file cannot be read.</exception>
    public void Restore(Account account)
    {
        if (Read() is not { } kept)
        {
            return;
        }

        lock (account.Gate)
        {
            account.Groups.Clear();
            kept.Groups.ForEach(g => account.Groups.Add(g.Id, g));
            kept.KeyPairs.ForEach(k => account.KeyPairs.Add(k.Name, k));
            kept.Images.ForEach(i => account.Images[i.Id] = i with { State = i.State == "pending" ? "failed" : i.State });
            kept.Volumes.ForEach(v => account.Volumes.Add(v.Id, v));
            kept.Snapshots.ForEach(s => account.Snapshots.Add(s.Id, s with { State = s.State == "pending" ? "error" : s.State }));
            kept.LaunchTemplates.ForEach(t => account.LaunchTemplates.Add(t.Id, t));
            foreach (var (token, made) in kept.ClientTokens)
            {
                account.ClientTokens.Add(token, made);
            }

            foreach (var (resource, tags) in kept.Tags)
            {
                foreach (var (key, value) in tags)
                {
                    account.SetTag(resource, key, value);
                }
            }

            // Security groups are shared: an instance names those that the account has.
            var options = Options(account.Groups);
            foreach (var instance in Understand(() => kept.Instances.ConvertAll(i => i.Deserialize<Instance>(options)!)))
            {
                account.Instances.Add(instance.Id, instance);
            }
        }
    }

    /// <summary>Keeps an account, always the same one, as it is now. Never two calls at once.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task WriteAsync(Account account, CancellationToken cancellationToken)
    {
        byte[] content;
        lock (account.Gate)
        {
            content = JsonSerializer.SerializeToUtf8Bytes(AccountState.Of(account, i => JsonSerializer.SerializeToNode(i, _withGroups ??= Options(account.Groups))!), Plain);
        }

        if (!content.AsSpan().SequenceEqual(_written))
        {
            cancellationToken.ThrowIfCancellationRequested();
            // From here on to its end: a file half written would lie about.
            await PrivateFile.WriteAsync(file, content, CancellationToken.None);
            _written = content;
        }
    }

    private T Understand<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            throw new Machines.MachineException($"{file} cannot be read: {e.Message} `stop --terminate` removes it, and the machines that it tells of.", e);
        }
    }

    /// <summary>How it is written; with groups, an instance's groups by their ids.</summary>
    private static JsonSerializerOptions Options(Dictionary<string, SecurityGroup>? groups = null)
    {
        var options = new JsonSerializerOptions
        {
            IgnoreReadOnlyProperties = true,
            IncludeFields = true,
            Converters =
            {
                new ByName<InstanceType>(t => t.Name, name => InstanceType.All[name]),
                new ByName<Zone>(z => z.Name, name => Zones.All.First(z => z.Name == name)),
            },
        };
        if (groups is not null)
        {
            options.Converters.Add(new ByName<SecurityGroup>(g => g.Id, id => groups.GetValueOrDefault(id) ?? new SecurityGroup(id, "", "deleted since a terminated instance was in it")));
        }

        return options;
    }

    /// <summary>Writes what the lab has one of by its name alone.</summary>
    private sealed class ByName<T>(Func<T, string> name, Func<string, T> find) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => find(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(name(value));
    }
}
