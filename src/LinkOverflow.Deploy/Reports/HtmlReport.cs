using System.Globalization;
using System.Text;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Remote;

namespace LinkOverflow.Deploy.Reports;

/// <summary>A deployment's result as one HTML file that needs nothing else: no script, no font, no other file.</summary>
public static class HtmlReport
{
    /// <summary>Refuses a file that could not be written later, when the machines are there.</summary>
    /// <exception cref="SettingsException">ValueInvalid, with the folder that is missing.</exception>
    /// <returns>The file.</returns>
    public static string CheckFile(string file)
    {
        if (Directory.Exists(file))
        {
            throw new SettingsException(new Problem(ErrorId.ValueInvalid, $"The report {file} is a folder.", "Name a file, such as report.html."));
        }

        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (!Directory.Exists(folder))
        {
            throw new SettingsException(new Problem(ErrorId.ValueInvalid, $"The report {file} cannot be written: there is no folder {folder}."));
        }

        return file;
    }

    /// <summary>Writes the report, whole or not at all.</summary>
    /// <param name="result">What the deployment came to.</param>
    /// <param name="file">The file to write; one that is there is replaced.</param>
    /// <param name="cancellationToken">Ends the writing.</param>
    /// <returns>The result, with the report's path.</returns>
    /// <exception cref="DeployException">ValueInvalid: the file cannot be written.</exception>
    public static async Task<DeploymentResult> WriteAsync(DeploymentResult result, string file, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(file);
        try
        {
            var temporary = $"{path}.{Environment.ProcessId}";
            await File.WriteAllTextAsync(temporary, Render(result), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeployException(ErrorId.ValueInvalid, $"The report {path} cannot be written: {e.Message}", null, e);
        }

        return result with { Report = path };
    }

    /// <summary>The report's text.</summary>
    public static string Render(DeploymentResult result)
    {
        var html = new HtmlText();
        html.Add($"<!doctype html>").Add($"<html lang=\"en\">").Add($"<head>").Add($"<meta charset=\"utf-8\">")
            .Add($"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
            .Add($"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
            .Add($"<title>{result.Deployment}: {result.Healthy.Count} of {result.Requested} healthy</title>")
            .Add($"<style>").AddResource(RemoteScript.Resource("report.css")).Add($"</style>").Add($"</head>").Add($"<body>");
        Head(html, result);
        GanttChart.Add(html, result);
        Instances(html, result);
        Failures(html, result);
        PuppetRuns(html, result);
        return html.Add($"</body>").Add($"</html>").ToString();
    }

    private static void Head(HtmlText html, DeploymentResult result)
    {
        var all = result.Healthy.Count == result.Requested;
        html.Add($"<h1>{result.Deployment}</h1>");
        html.Add($"<p class=\"verdict {(all ? "good" : "bad")}\">{result.Healthy.Count} of {result.Requested} instances healthy</p>");
        if (result.Removed.Count > 0)
        {
            html.Add($"<p>Removed again: {string.Join(", ", result.Removed)}</p>");
        }

        if (result.Untouched.Count > 0)
        {
            html.Add($"<p>Untouched, as a wave before them failed: {string.Join(", ", result.Untouched)}</p>");
        }

        html.Add($"<dl>");
        Fact("Project", result.Project);
        html.Add($"<div><dt>Release</dt><dd><code>{result.Release}</code></dd></div>");
        Fact("Began", result.Started.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture));
        Fact("Took", Duration.Text(result.Elapsed));
        Fact("Region", result.Region);
        Fact("Image", Each(i => i.ImageId));
        Fact("Instance type", Each(i => i.InstanceType));
        Fact("Puppet", Each(i => i.Puppet?.Version));
        Fact("LinkOverflow.Deploy", result.Version);
        html.Add($"</dl>");

        void Fact(string name, string value)
        {
            if (value.Length > 0)
            {
                html.Add($"<div><dt>{name}</dt><dd>{value}</dd></div>");
            }
        }

        string Each(Func<LOInstance, string?> of) => string.Join(", ", result.Instances.Select(of).Where(v => !string.IsNullOrEmpty(v)).Distinct(StringComparer.Ordinal));
    }

    private static void Instances(HtmlText html, DeploymentResult result)
    {
        html.Add($"<h2>Instances</h2>").Add($"<table>")
            .Add($"<thead><tr><th>Name</th><th>Stage</th><th>Site</th><th>Instance</th><th>Zone</th><th>Puppet</th><th class=\"number\">Time</th></tr></thead>")
            .Add($"<tbody>");
        foreach (var instance in result.Instances)
        {
            html.Add($"<tr><td data-label=\"Name\">{instance.Name}</td>")
                .Add($"<td data-label=\"Stage\"><span class=\"{(instance.Stage == Stage.Healthy ? "good" : "bad")}\">{instance.Stage}</span></td>");
            if (instance.Url is { } url && instance.Stage == Stage.Healthy)
            {
                html.Add($"<td data-label=\"Site\"><a href=\"{url}\">{url}</a></td>");
            }
            else
            {
                html.Add($"<td data-label=\"Site\">{instance.Health ?? "-"}</td>");
            }

            html.Add($"<td data-label=\"Instance\"><code>{instance.InstanceId}</code></td>")
                .Add($"<td data-label=\"Zone\">{instance.Zone ?? "-"}</td>")
                .Add($"<td data-label=\"Puppet\">{(instance.Puppet is { } puppet ? $"{puppet.Changed.Count} of {puppet.Resources} changed" : "-")}</td>")
                .Add($"<td data-label=\"Time\" class=\"number\">{Duration.Text(instance.Elapsed)}</td></tr>");
        }

        html.Add($"</tbody>").Add($"</table>");
    }

    private static void Failures(HtmlText html, DeploymentResult result)
    {
        if (result.Failures.Count == 0)
        {
            return;
        }

        html.Add($"<h2>Errors</h2>");
        foreach (var failure in result.Failures)
        {
            var lines = failure.Message.Split('\n', 2, StringSplitOptions.TrimEntries);
            html.Add($"<section class=\"error\"><h3>{failure.Instance.Name} <code class=\"bad\">{failure.Id}</code></h3>").Add($"<p>{lines[0]}</p>");
            if (lines.Length > 1)
            {
                html.Add($"<pre>{lines[1]}</pre>");
            }

            if (failure.Log.Count > 0)
            {
                html.Add($"<details><summary>The last {failure.Log.Count} lines that the host printed</summary><pre>{string.Join('\n', failure.Log)}</pre></details>");
            }

            if (failure.Instance.LoginCommand is { } login && !result.Removed.Contains(failure.Instance.InstanceId, StringComparer.Ordinal))
            {
                html.Add($"<p class=\"quiet\">Log in: <code>{login}</code></p>");
            }

            html.Add($"</section>");
        }
    }

    private static void PuppetRuns(HtmlText html, DeploymentResult result)
    {
        var runs = result.Instances.Where(i => i.Puppet is not null).ToArray();
        if (runs.Length == 0)
        {
            return;
        }

        html.Add($"<h2>What Puppet changed</h2>");
        foreach (var instance in runs)
        {
            var run = instance.Puppet!;
            var took = run.Seconds is { } seconds ? $", {Duration.Text(TimeSpan.FromSeconds(seconds))}" : "";
            html.Add($"<details><summary>{instance.Name}: {run.Changed.Count} of {run.Resources} resources changed, {run.Failed.Count} failed, {run.Skipped.Count} skipped{took}</summary>").Add($"<ul>");
            foreach (var changed in run.Changed)
            {
                html.Add($"<li><code>{changed.Resource}</code>: {changed.Message}</li>");
            }

            foreach (var failed in run.Failed)
            {
                html.Add($"<li class=\"bad\"><code>{failed.Resource}</code>: {failed.Message}</li>");
            }

            foreach (var skipped in run.Skipped)
            {
                html.Add($"<li class=\"quiet\"><code>{skipped.Resource}</code> skipped: {skipped.Message}</li>");
            }

            html.Add($"</ul></details>");
        }
    }
}
