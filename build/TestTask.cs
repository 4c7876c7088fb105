using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace LinkOverflow.Build;

/// <summary>Every suite: the xunit programs, the sample's own tests, and Pester where there is a PowerShell.</summary>
internal sealed class TestTask(CancellationToken stop)
{
    private const string Results = "artifacts/test";
    private readonly List<string> _failures = [];

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
        // Once more at the end, where a log that was cut short still shows them.
        foreach (var failure in _failures)
        {
            Console.WriteLine($"failed: {failure}");
        }

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
            return Failed($"{name}: ended with exit code {code} before it had a result");
        }

        var assemblies = XDocument.Load(result).Root!.Elements("assembly").ToArray();
        var notRun = quick ? "left out by --quick" : "it measures, which ./build.sh bench does";
        foreach (var test in assemblies.Descendants("test").Where(t => t.Attribute("result")?.Value is "Skip" or "NotRun"))
        {
            Console.WriteLine($"skipped: {test.Attribute("name")?.Value}: {test.Element("reason")?.Value ?? notRun}");
        }

        _failures.AddRange(assemblies.Descendants("failure").Select(f =>
            $"{f.Parent!.Attribute("name")?.Value}: {f.Element("message")?.Value}\n{f.Element("stack-trace")?.Value}"));
        var totals = new Totals(
            assemblies.Sum(a => Number(a, "passed")),
            assemblies.Sum(a => Number(a, "failed") + Number(a, "errors")),
            assemblies.Sum(a => Number(a, "skipped") + Number(a, "not-run")));
        return totals.Failed == 0 && code != 0 ? totals + Failed($"{name}: ended with exit code {code}") : totals;
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
        return code == 0 ? new Totals(1, 0, 0) : Failed("the tests of samples/linkoverflow: see above");
    }

    private async Task<Totals> PesterAsync(bool quick)
    {
        if (await PowerShellHost.FindAsync(stop) is not { } powerShell)
        {
            Console.WriteLine("skipped: the Pester suite (tests/module): no PowerShell here.");
            return new Totals(0, 0, 1);
        }

        var result = Path.GetFullPath(Path.Combine(Results, "pester.json"));
        File.Delete(result);
        await powerShell.RunFileAsync("build/pester.ps1", [$"-ResultFile:{result}", .. quick ? (string[])["-Quick"] : []], stop);
        if (!File.Exists(result))
        {
            return Failed("the Pester suite: ended before it had a result");
        }

        using var read = JsonDocument.Parse(await File.ReadAllBytesAsync(result, stop));
        _failures.AddRange(read.RootElement.GetProperty("failures").EnumerateArray().Select(f => f.GetString()!));
        return new Totals(Count("passed"), Count("failed"), Count("skipped"));

        int Count(string what) => read.RootElement.GetProperty(what).GetInt32();
    }

    private Totals Failed(string what)
    {
        _failures.Add(what);
        return new Totals(0, 1, 0);
    }

    private static int Number(XElement element, string attribute) =>
        int.TryParse(element.Attribute(attribute)?.Value, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private sealed record Totals(int Passed, int Failed, int Skipped)
    {
        public static Totals operator +(Totals a, Totals b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);
    }
}
