using LinkOverflow.Lab.Machines;

namespace LinkOverflow.Lab.Tests.Machines;

public sealed class PodmanSettings
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Labs_that_start_side_by_side_never_show_each_others_podman_half_a_settings_file()
    {
        var folder = Directory.CreateTempSubdirectory("lolab-podman-");
        try
        {
            var podman = new Podman(folder.FullName);
            await podman.PrepareAsync(Cancellation);
            var file = Path.Combine(folder.FullName, "containers.conf");
            var whole = await File.ReadAllTextAsync(file, Cancellation);
            whole.ShouldContain("nofile=20000:20000");
            var labs = Task.Run(
                async () =>
                {
                    for (var start = 0; start < 500; start++)
                    {
                        await podman.PrepareAsync(Cancellation);
                    }
                },
                Cancellation);

            do
            {
                (await File.ReadAllTextAsync(file, Cancellation)).ShouldBe(whole);
            }
            while (!labs.IsCompleted);

            await labs;
            Directory.EnumerateFiles(folder.FullName).Count().ShouldBe(2);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
