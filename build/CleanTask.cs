namespace LinkOverflow.Build;

/// <summary>Removes what builds and tests made; the lab has its own stop.</summary>
internal static class CleanTask
{
    private static readonly string[] Projects = ["src", "tests"];

    public static int Run()
    {
        var made = Projects
            .Where(Directory.Exists)
            .SelectMany(Directory.EnumerateDirectories)
            .SelectMany(project => new[] { Path.Combine(project, "bin"), Path.Combine(project, "obj") })
            .Concat(["bin", "artifacts/module", "artifacts/packages", "artifacts/report", "packaging/obj", "artifacts/test"]);
        foreach (var folder in made.Where(Directory.Exists))
        {
            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }
}
