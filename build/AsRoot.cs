namespace LinkOverflow.Build;

/// <summary>
/// What the lab's machines need root for, where this user has not been given what they need without. Another user's task is built as that
/// user, so that the clone stays theirs, and then run once more by sudo.
/// </summary>
internal static class AsRoot
{
    /// <summary>Set for the run under sudo: the build is done.</summary>
    public const string BuiltVariable = "LINKOVERFLOW_BUILT";

    public static async Task<int> RunAsync(string[] arguments, Func<Task<int>> task, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || Environment.IsPrivilegedProcess)
        {
            return await task();
        }

        await BuildTask.RunAsync(cancellationToken);
        if (await LabProgram.CanRunAsync(cancellationToken))
        {
            Environment.SetEnvironmentVariable(BuiltVariable, "1");
            return await task();
        }

        if (!Tool.Exists("sudo"))
        {
            throw new TaskFailedException("The lab's machines need root, and there is no sudo for this user. What they need without root: bin/lab/LinkOverflow.Lab check", 2);
        }

        Console.Error.WriteLine("The lab's machines need root: the rest runs by sudo.");
        return await Tool.RunAsync(
            "sudo",
            [
                "--set-home", "env", $"PATH={Environment.GetEnvironmentVariable("PATH")}", $"{BuiltVariable}=1",
                Environment.ProcessPath!, typeof(AsRoot).Assembly.Location, .. arguments,
            ],
            cancellationToken);
    }
}
