namespace LinkOverflow.EndToEnd.Tests;

/// <summary>The clone that the tests run in.</summary>
internal static class Repository
{
    /// <summary>The collection of the tests that build: one after the other, as all of them build into the same folders.</summary>
    public const string Builds = "builds";

    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "LinkOverflow.Deploy.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run in a clone.");
        }

        return folder;
    }
}
