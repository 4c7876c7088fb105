using LinkOverflow.Launch;

return await LaunchCommand.RunAsync(args, Console.Out, Console.Error);
