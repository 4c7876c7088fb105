using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Shouldly;

namespace LinkOverflow.EndToEnd.Tests;

/// <summary>What <c>./build.sh pack</c> makes, installed by the clients that people install it with. Save-PSResource is tried by tests/module/Package.Tests.ps1.</summary>
[Collection(Repository.Builds)]
public sealed class PackageTests(Packages packages) : IClassFixture<Packages>
{
    private static readonly string Version = Regex.Match(
        File.ReadAllText(Path.Combine(Repository.Root, "LinkOverflow.Deploy.psd1")), @"ModuleVersion\s*=\s*'(?<version>[0-9.]+)'", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Groups["version"].Value;

    [Theory]
    [InlineData("LinkOverflow.Deploy")]
    [InlineData("LinkOverflow.Launch")]
    public void The_version_is_that_of_the_manifest(string id)
    {
        using var package = ZipFile.OpenRead(Packages.File(id));
        using var nuspec = package.GetEntry($"{id}.nuspec")!.Open();
        var metadata = XDocument.Load(nuspec).Root!.Elements().Single();
        metadata.Elements().Single(e => e.Name.LocalName == "version").Value.ShouldBe(Version);
        Path.GetFileName(Packages.File(id)).ShouldBe($"{id}.{Version}.nupkg");
    }

    [Fact]
    public void The_modules_package_holds_the_modules_folder_and_is_tagged_as_a_module()
    {
        using var package = ZipFile.OpenRead(Packages.File("LinkOverflow.Deploy"));
        var folder = Path.Combine(Repository.Root, "artifacts", "module", "LinkOverflow.Deploy");
        var module = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f).Replace('\\', '/'));
        package.Entries.Select(e => e.FullName).Where(f => f.StartsWith("bin/", StringComparison.Ordinal) || f.EndsWith(".psd1", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .ShouldBe(module.Where(f => !f.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        using var nuspec = new StreamReader(package.GetEntry("LinkOverflow.Deploy.nuspec")!.Open());
        nuspec.ReadToEnd().ShouldContain("<tags>PSModule PSEdition_Core ");
    }

    [Fact]
    public async Task Launch_is_a_dotnet_tool_that_runs_where_it_is_installed()
    {
        var install = await packages.RunAsync(
            "dotnet", "tool", "install", "LinkOverflow.Launch", "--tool-path", packages.Folder, "--configfile", packages.Sources, "--version", Version);
        install.ExitCode.ShouldBe(0, install.Error + install.Output);
        var launch = Path.Combine(packages.Folder, "launch");
        var version = await packages.RunAsync(launch, "--version");
        version.Output.Trim().ShouldBe(Version);

        // From a folder without the sources it finds what it needs: its refusal is about the arguments.
        var refused = await packages.RunAsync(launch, packages.Folder, "1", "--lab");
        refused.ExitCode.ShouldBe(2);
        refused.Error.ShouldContain("[NotADjangoProject]");
        File.Exists(Directory.EnumerateFiles(packages.Folder, "LinkOverflow.Lab.dll", SearchOption.AllDirectories).Single()).ShouldBeTrue();
    }
}
