namespace LinkOverflow.Build;

/// <summary>The lab by hand.</summary>
internal static class LabTask
{
    public static async Task<int> RunAsync(string action, bool remove, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case "start":
                await Prerequisites.InstallAsync(cancellationToken);
                await BuildTask.RunAsync(cancellationToken);
                return await LabProgram.RunAsync(["start", "--detach"], cancellationToken);
            case "status":
            case "stop":
                await BuildTask.RunAsync(cancellationToken);
                return await LabProgram.RunAsync([action, .. remove && action == "stop" ? (string[])["--remove"] : []], cancellationToken);
            default:
                throw new TaskFailedException($"'{action}' is none of start, status, stop.", 2);
        }
    }
}
