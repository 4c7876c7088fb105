using System.Diagnostics;
using System.Text.Json;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Lab;

/// <summary>The lab on this machine: an EC2 endpoint whose instances are local machines, in a process of its own.</summary>
/// <param name="Endpoint">Where it speaks the EC2 API.</param>
/// <param name="Settings">The .aws.settings file that it wrote for its users.</param>
public sealed record LocalLab(string Endpoint, string Settings)
{
    /// <summary>Names the lab's program, where it is not beside this one.</summary>
    public const string ProgramVariable = "LINKOVERFLOW_LAB";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Finds the running lab, or starts one in the background; it outlives this process.</summary>
    /// <param name="progress">Told each line about what takes long: the base image is made once.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="DeployException">LabUnavailable, with the lab's own words.</exception>
    public static async Task<LocalLab> StartAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        var program = Program();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[program, "start", "--detach"])
        {
            start.ArgumentList.Add(argument);
        }

        using var process = Process.Start(start)!;
        var said = new List<string>();
        var errors = Task.Run(
            async () =>
            {
                while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
                {
                    said.Add(line);
                    progress(line);
                }
            },
            cancellationToken);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            await errors;
            return process.ExitCode == 0 && output.Length > 0
                ? JsonSerializer.Deserialize<LocalLab>(output, Json)!
                : throw new DeployException(
                    ErrorId.LabUnavailable, $"The lab does not start:{Environment.NewLine}{string.Join(Environment.NewLine, said.TakeLast(12))}");
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static string Program()
    {
        const string Name = "LinkOverflow.Lab.dll";
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named)
        {
            return named;
        }

        var here = Path.GetDirectoryName(typeof(LocalLab).Assembly.Location)!;
        return new[] { Path.Combine(here, "lab", Name), Path.Combine(here, "..", "lab", Name) }.FirstOrDefault(File.Exists)
            ?? throw new DeployException(
                ErrorId.LabUnavailable, "The lab's program is not beside this one.", $"Build it with ./build.sh build, or name it in {ProgramVariable}.");
    }
}
