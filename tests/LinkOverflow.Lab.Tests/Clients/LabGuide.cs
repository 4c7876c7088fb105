using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using LinkOverflow.Lab.Machines;
using LinkOverflow.Lab.Tests.Machines;

namespace LinkOverflow.Lab.Tests.Clients;

/// <summary>Every example of docs/lab.md, as it stands there.</summary>
public sealed partial class LabGuide(RealLab lab) : IClassFixture<RealLab>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_example_for_boto3_runs()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("boto3 for python3", "python3", "-c", "import boto3");

        var ran = await RunAsync(lab.Folder, "python3", "-c", Example("python", "boto3"));

        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Output.ShouldContain("admin@127.77.");
    }

    [Fact]
    public async Task The_example_for_the_aws_CLI_runs()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("the aws CLI", "aws", "--version");

        var ran = await RunAsync(lab.Folder, "sh", "-euc", Example("sh", "aws ec2"));

        ran.ExitCode.ShouldBe(0, ran.Error);
        ran.Output.ShouldContain("127.77.");
    }

    [Fact]
    public async Task The_example_for_Terraform_runs()
    {
        lab.SkipWithoutMachines();
        await ClientsHere.SkipWithoutAsync("terraform", "terraform", "version");
        var folder = Directory.CreateDirectory(Path.Combine(lab.Folder, "guide")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "main.tf"), Example("hcl", "provider"), Cancellation);
        await ClientsHere.SkipWithoutProviderAsync(folder, c => RunAsync(folder, "terraform", c));

        var ran = await RunAsync(folder, "sh", "-euc", Example("sh", "terraform apply"));

        ran.ExitCode.ShouldBe(0, ran.Output + ran.Error);
        ran.Output.ShouldContain("No changes.");
    }

    [Fact]
    public async Task The_examples_for_faults_and_calls_run()
    {
        lab.SkipWithoutMachines();

        foreach (var line in (Example("sh", "fault add") + Example("sh", "calls --reset")).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            var ran = await lab.LabAsync(words[1], words[2..]);
            ran.ExitCode.ShouldBe(0, line + ran.Error);
        }

        (await lab.LabAsync("fault", "list")).Output.Trim().ShouldBe("No faults.");
    }

    [Fact]
    public async Task The_example_for_another_image_of_the_RedHat_family_runs()
    {
        lab.SkipWithoutMachines();

        foreach (var line in Example("sh", "--centos-image").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split(' ');
            var ran = await lab.LabAsync(words[1], words[2..]);
            ran.ExitCode.ShouldBe(0, line + ran.Error);
        }

        // The one that runs, for whoever comes next.
        await lab.StartAsync();
    }

    private Task<CommandResult> RunAsync(string folder, string program, params string[] arguments) => new Command(program, arguments)
    {
        Folder = folder,
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AWS_CONFIG_FILE"] = Path.Combine(lab.State, "aws-config"),
            ["AWS_PROFILE"] = "lab",
            ["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null",
            ["AWS_PAGER"] = "",
            ["TF_CLI_CONFIG_FILE"] = ClientsHere.TerraformSettings(lab.Folder),
            ["TF_IN_AUTOMATION"] = "1",
        },
    }.RunAsync(Cancellation);

    /// <summary>The fenced block of that language with that text in it.</summary>
    private static string Example(string language, string text)
    {
        var guide = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "..", "..", "..", "docs", "lab.md"));
        return Fences().Matches(guide).Where(m => m.Groups["language"].Value == language).Select(m => m.Groups["text"].Value).First(b => b.Contains(text, StringComparison.Ordinal));
    }

    private static string Here([CallerFilePath] string file = "") => file;

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Fences();
}
