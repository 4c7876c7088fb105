using System.Globalization;
using System.Xml.Linq;

namespace LinkOverflow.Build;

/// <summary>Every suite: the xunit programs, the sample's own tests, and Pester where there is a PowerShell.</summary>
internal sealed class TestTask(CancellationToken stop)
{
    private const string Results = "artifacts/test";

    public async Task<int> RunAsync(bool quick)
    {
        await BuildTask.RunAsync(stop);
        Directory.CreateDirectory(Results);
        var total = new Totals(0, 0, 0);
        foreach (var project in Directory.EnumerateDirectories("tests", "*.Tests").Order(StringComparer.Ordinal))
        {
            total += await XunitAsync(Path.GetFileName(project), quick);
        }

        total += await SampleAsync();
        total += await PesterAsync(quick);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{total.Passed} passed, {total.Failed} failed, {total.Skipped} skipped"));
        return total is { Failed: 0, Passed: > 0 } ? 0 : 1;
    }

    private async Task<Totals> XunitAsync(string name, bool quick)
    {
        var result = Path.GetFullPath(Path.Combine(Results, name + ".xml"));
        File.Delete(result);
        string[] traits = quick ? ["-trait-", "Category=Machines"] : [];
        var code = await Tool.RunAsync(
            "dotnet", [$"tests/{name}/bin/Release/net10.0/{name}.dll", "-noLogo", "-result-xml", result, .. traits], stop);
        if (!File.Exists(result))
        {
            Console.Error.WriteLine($"build: {name} ended with exit code {code} before it had a result.");
            return new Totals(0, 1, 0);
        }

        var assemblies = XDocument.Load(result).Root!.Elements("assembly").ToArray();
        var notRun = quick ? "left out by --quick" : "it measures, which ./build.sh bench does";
        foreach (var test in assemblies.Descendants("test").Where(t => t.Attribute("result")?.Value is "Skip" or "NotRun"))
        {
            Console.WriteLine($"skipped: {test.Attribute("name")?.Value}: {test.Element("reason")?.Value ?? notRun}");
        }

        var failed = assemblies.Sum(a => Number(a, "failed") + Number(a, "errors"));
        return new Totals(
            assemblies.Sum(a => Number(a, "passed")),
            failed == 0 && code != 0 ? 1 : failed,
            assemblies.Sum(a => Number(a, "skipped") + Number(a, "not-run")));
    }

    private async Task<Totals> SampleAsync()
    {
        const string Python = "/usr/bin/python3";
        if (!File.Exists(Python) || (await Tool.CaptureAsync(Python, ["-c", "import django"], quiet: true, stop)).ExitCode != 0)
        {
            Console.WriteLine("skipped: the tests of samples/linkoverflow: no Django for python3 here (Debian: python3-django).");
            return new Totals(0, 0, 1);
        }

        // As one test: Django's runner tells its number to people only.
        var code = await Tool.RunAsync(Python, ["-B", "samples/linkoverflow/manage.py", "test", "links", "-v", "0"], stop);
        return code == 0 ? new Totals(1, 0, 0) : new Totals(0, 1, 0);
    }

    private async Task<Totals> PesterAsync(bool quick)
    {
        if (await PowerShellHost.FindAsync(stop) is not { } powerShell)
        {
            Console.WriteLine("skipped: the Pester suite (tests/module): no PowerShell here.");
            return new Totals(0, 0, 1);
        }

        var result = Path.GetFullPath(Path.Combine(Results, "pester.txt"));
        File.Delete(result);
        await powerShell.RunFileAsync("build/pester.ps1", [$"-ResultFile:{result}", .. quick ? (string[])["-Quick"] : []], stop);
        if (!File.Exists(result))
        {
            Console.Error.WriteLine("build: the Pester suite ended before it had a result.");
            return new Totals(0, 1, 0);
        }

        var numbers = (await File.ReadAllTextAsync(result, stop)).Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return new Totals(numbers[0], numbers[1], numbers[2]);
    }

    private static int Number(XElement element, string attribute) =>
        int.TryParse(element.Attribute(attribute)?.Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private sealed record Totals(int Passed, int Failed, int Skipped)
    {
        public static Totals operator +(Totals a, Totals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);
    }
}
