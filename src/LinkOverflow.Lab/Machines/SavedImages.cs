namespace LinkOverflow.Lab.Machines;

/// <summary>Machines' disks, saved as images that other machines boot from.</summary>
/// <param name="podman">Where they are kept.</param>
/// <param name="label">On everything that is this lab's.</param>
internal sealed class SavedImages(Podman podman, string label)
{
    private const string Repository = "localhost/lolab-ami";
    private const string UpperFolder = "{{.GraphDriver.Data.UpperDir}}";

    private readonly HashSet<string> _unwanted = new(StringComparer.Ordinal);

    /// <summary>The name in podman of the image that the lab knows by an id.</summary>
    public static string NameOf(string id) => $"{Repository}:{id}";

    /// <summary>
    /// Saves the disk of a container, running or not. podman commit writes and hashes it three times, which takes ten seconds of
    /// a machine with a site; so it is given an empty container to commit, and what the machine has changed is then copied
    /// into that image's layer. It never leaves this storage, where nobody asks for its hash.
    /// </summary>
    public async Task SaveAsync(string container, string id, CancellationToken cancellationToken)
    {
        var from = await InspectAsync("container", container, "{{.Image}}\n" + UpperFolder, cancellationToken);
        var (image, changed) = (from.Split('\n')[0], from.Split('\n')[1]);
        // As a snapshot of EBS holds the disk as it is at one moment; one that does not run refuses.
        var isPaused = (await podman.Command("pause", container).RunAsync(cancellationToken)).ExitCode == 0;
        try
        {
            await SaveAsync(image, changed, id, cancellationToken);
        }
        finally
        {
            if (isPaused)
            {
                await podman.Command("unpause", container).OutputAsync(CancellationToken.None);
            }
        }
    }

    private async Task SaveAsync(string image, string changed, string id, CancellationToken cancellationToken)
    {
        var empty = (await podman.Command("create", "--label", label, "--pull", "never", image).OutputAsync(cancellationToken)).Trim();
        try
        {
            // Two empty layers would be one and the same to podman.
            var mark = $".{id}";
            await File.WriteAllTextAsync(Path.Combine(await InspectAsync("container", empty, UpperFolder, cancellationToken), mark), id, cancellationToken);
            await podman.Command("commit", "--quiet", "--pause=false", empty, NameOf(id)).OutputAsync(cancellationToken);
            var layer = await InspectAsync("image", NameOf(id), UpperFolder, cancellationToken);
            File.Delete(Path.Combine(layer, mark));
            await new Command("cp", "--archive", "--sparse=auto", "--reflink=auto", changed + "/.", layer).OutputAsync(cancellationToken);
        }
        catch
        {
            await RemoveAsync(id);
            throw;
        }
        finally
        {
            await podman.Command("rm", "--force", "--ignore", empty).RunAsync(CancellationToken.None);
        }
    }

    /// <summary>Removes an image, or as soon as no machine runs from it.</summary>
    public async Task RemoveAsync(string id)
    {
        lock (_unwanted)
        {
            _unwanted.Add(id);
        }

        await RemoveUnwantedAsync();
    }

    /// <summary>Tries again what a machine was in the way of.</summary>
    public async Task RemoveUnwantedAsync()
    {
        string[] unwanted;
        lock (_unwanted)
        {
            unwanted = [.. _unwanted];
        }

        foreach (var id in unwanted)
        {
            // 0 removed, 1 not there, 2 in use.
            if ((await podman.Command("rmi", NameOf(id)).RunAsync(CancellationToken.None)).ExitCode is 0 or 1)
            {
                lock (_unwanted)
                {
                    _unwanted.Remove(id);
                }
            }
        }
    }

    /// <summary>The ids of the images of this lab that there are.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(CancellationToken cancellationToken) => [.. (await ListAsync(cancellationToken)).Select(i => i.Name)];

    /// <summary>Removes all images of this lab that are not to be kept, and those that lost their name to another.</summary>
    /// <returns>What was removed, one line each.</returns>
    public async Task<IReadOnlyList<string>> CleanAsync(IReadOnlySet<string> keep, CancellationToken cancellationToken)
    {
        var gone = (await ListAsync(cancellationToken)).Where(i => !keep.Contains(i.Name)).ToList();
        if (gone.Count > 0)
        {
            await podman.Command(["rmi", "--force", .. gone.Select(i => i.Image)]).RunAsync(cancellationToken);
        }

        return gone.ConvertAll(i => $"image {i.Name}");
    }

    private async Task<List<(string Image, string Name)>> ListAsync(CancellationToken cancellationToken)
    {
        var list = await podman.Command("images", "--no-trunc", "--filter", $"label={label}", "--format", "{{.ID}} {{.Tag}}").OutputAsync(cancellationToken);
        return [.. list.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(f => (f[0], f[1]))];
    }

    private async Task<string> InspectAsync(string kind, string name, string format, CancellationToken cancellationToken) =>
        (await podman.Command(kind, "inspect", "--format", format, name).OutputAsync(cancellationToken)).Trim();
}
