using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Clients;

/// <summary>Whether clients that nobody here wrote are on this machine.</summary>
internal static class ClientsHere
{
    /// <summary>Skips the test where a program does not run.</summary>
    public static async Task SkipWithoutAsync(string what, string program, params string[] arguments)
    {
        try
        {
            if ((await new Command(program, arguments).RunAsync(TestContext.Current.CancellationToken)).ExitCode == 0)
            {
                return;
            }
        }
        catch (MachineException)
        {
            // Not on the PATH.
        }

        Assert.Skip($"{what} is not on this machine.");
    }

    /// <summary>Skips the test where Terraform can have its AWS provider neither from a folder nor from its registry.</summary>
    public static async Task SkipWithoutProviderAsync(string folder, Func<string[], Task<CommandResult>> terraform)
    {
        if (await terraform([$"-chdir={folder}", "init", "-no-color", "-input=false"]) is { ExitCode: not 0 } without)
        {
            Assert.Skip($"terraform cannot have its AWS provider here: {without.Error.Trim().Split('\n')[^1]}");
        }
    }

    /// <summary>A CLI configuration that takes providers from a folder where this machine has one; else one that says nothing.</summary>
    public static string TerraformSettings(string folder)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] places = [Environment.GetEnvironmentVariable("TF_PLUGIN_MIRROR") ?? "", $"{home}/.terraform.d/plugins", "/usr/local/share/terraform/plugins"];
        var mirror = places.Concat(Directory.Exists("/opt") ? Directory.EnumerateDirectories("/opt").Order(StringComparer.Ordinal) : [])
            .FirstOrDefault(f => Directory.Exists(Path.Combine(f, "registry.terraform.io/hashicorp/aws")));
        var file = Path.Combine(folder, "terraform.tfrc");
        File.WriteAllText(
            file,
            mirror is null
                ? ""
                : $$"""
                  provider_installation {
                    filesystem_mirror {
                      path = "{{mirror}}"
                    }
                  }
                  """);
        return file;
    }
}
