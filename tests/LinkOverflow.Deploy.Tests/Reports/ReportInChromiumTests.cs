using System.Diagnostics;
using LinkOverflow.Deploy.Reports;

namespace LinkOverflow.Deploy.Tests.Reports;

/// <summary>The report as a browser paints it. The pictures stay in artifacts/report/ for people to look at.</summary>
public sealed class ReportInChromiumTests
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    // The step colours of report.css that a chart has to show.
    private static readonly (byte, byte, byte) LightPuppet = (0xb7, 0x79, 0x1f);
    private static readonly (byte, byte, byte) DarkPuppet = (0xc9, 0x8a, 0x2b);

    [Theory]
    [InlineData(5, 1200, 1500, false)]
    [InlineData(5, 1200, 1500, true)]
    [InlineData(5, 390, 2400, false)]
    [InlineData(5, 390, 2400, true)]
    [InlineData(50, 1200, 3600, false)]
    public async Task It_is_painted_in_its_colours_and_nothing_runs_off_its_right_edge(int instances, int width, int height, bool dark)
    {
        Assert.SkipUnless(Chromium() is not null, "No Chromium here (Debian: chromium).");
        var picture = await PaintAsync(HtmlReport.Render(SampleResults.Of(instances)), $"{instances}-{width}{(dark ? "-dark" : "")}.png", width, height, dark);
        picture.Width.ShouldBe(width);
        var background = picture[1, 1];
        background.ShouldBe(dark ? ((byte)0x12, (byte)0x16, (byte)0x1d) : ((byte)255, (byte)255, (byte)255));
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = width - 12; x < width; x++)
            {
                picture[x, y].ShouldBe(background, $"something is painted at the right edge, in line {y}");
            }
        }

        Count(picture, dark ? DarkPuppet : LightPuppet).ShouldBeGreaterThan(width * 5, "the chart shows no Puppet step");
    }

    private static int Count(Png picture, (byte, byte, byte) color)
    {
        var count = 0;
        for (var y = 0; y < picture.Height; y++)
        {
            for (var x = 0; x < picture.Width; x++)
            {
                count += picture[x, y] == color ? 1 : 0;
            }
        }

        return count;
    }

    private static async Task<Png> PaintAsync(string html, string name, int width, int height, bool dark)
    {
        using var folder = new TemporaryFolder();

        // A window cannot be as narrow as a phone; a frame can.
        folder.Write("report.html", html);
        var page = folder.Write("frame.html", $"<body style='margin:0'><iframe src='report.html' style='border:0;display:block;width:{width}px;height:{height}px' scrolling='no'></iframe>");
        var pictures = Directory.CreateDirectory(Path.Combine(Root(), "artifacts", "report")).FullName;
        var picture = Path.Combine(pictures, name);
        File.Delete(picture);
        string[] arguments =
        [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1", $"--user-data-dir={folder.Path}/profile",
            $"--window-size={Math.Max(width, 500)},{height}", $"--blink-settings=preferredColorScheme={(dark ? 0 : 1)}", $"--screenshot={picture}", $"file://{page}",
        ];
        using var chromium = Process.Start(new ProcessStartInfo(Chromium()!, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var error = chromium.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await chromium.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await chromium.WaitForExitAsync(TestContext.Current.CancellationToken);
        File.Exists(picture).ShouldBeTrue(await error);
        return new Png(await File.ReadAllBytesAsync(picture, TestContext.Current.CancellationToken)).Cut(width);
    }

    private static string? Chromium() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists);

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "LinkOverflow.Deploy.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        return folder;
    }
}
