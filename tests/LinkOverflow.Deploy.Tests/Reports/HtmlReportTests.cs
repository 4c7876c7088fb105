using System.Text.Json;
using System.Text.RegularExpressions;
using LinkOverflow.Deploy.Deployments;
using LinkOverflow.Deploy.Errors;
using LinkOverflow.Deploy.Reports;

namespace LinkOverflow.Deploy.Tests.Reports;

public sealed class HtmlReportTests
{
    private readonly string _html = HtmlReport.Render(SampleResults.Of(5));

    [Fact]
    public void It_names_every_instance_its_address_and_its_id()
    {
        foreach (var instance in SampleResults.Of(5).Instances)
        {
            _html.ShouldContain(instance.Name);
            _html.ShouldContain(instance.InstanceId);
        }

        _html.ShouldContain("<a href=\"http://203.0.113.1:8080/\">");
        _html.ShouldContain("4 of 5 instances healthy");
    }

    [Fact]
    public void It_has_what_Puppet_changed_and_the_versions()
    {
        _html.ShouldContain("Package[python3-django]");
        _html.ShouldContain("7.23.0");
        _html.ShouldContain("8d969eef6ecad3c2");
        _html.ShouldContain("ami-c7d092f7");
    }

    [Fact]
    public void It_has_each_error_with_its_id_the_hosts_words_and_the_end_of_its_log_as_text_and_never_as_markup()
    {
        _html.ShouldContain("PuppetInstallFailed");
        _html.ShouldContain("curl: (6) Could not resolve host: bleh.invalid &lt;&amp;&gt;");
        _html.ShouldContain("waiting for the apt lock");
        _html.ShouldNotContain("<&>");
    }

    [Fact]
    public void It_names_the_hosts_that_an_update_did_not_come_to_and_says_nothing_where_there_are_none()
    {
        HtmlReport.Render(SampleResults.Of(5) with { Untouched = ["linkoverflow-7", "linkoverflow-8"] }).ShouldContain("Untouched, as a wave before them failed: linkoverflow-7, linkoverflow-8");
        _html.ShouldNotContain("Untouched");
    }

    [Fact]
    public void What_comes_from_elsewhere_cannot_become_markup()
    {
        const string Evil = "<script>alert(1)</script>\"'>";
        var result = SampleResults.Of(1);
        var html = HtmlReport.Render(result with
        {
            Deployment = Evil, Project = Evil, Release = Evil, Region = Evil,
            Instances = [result.Instances[0] with { Name = Evil, Url = Evil, Zone = Evil, ImageId = Evil }],
            Failures = [new InstanceFailure(result.Instances[0], Evil, Evil, [Evil])],
        });
        html.ShouldNotContain("<script");
    }

    [Fact]
    public void It_needs_nothing_but_itself()
    {
        Regex.Matches(_html, "(?:\\ssrc|<link|@import|url\\()", RegexOptions.None, TimeSpan.FromSeconds(5)).ShouldBeEmpty();
        _html.ShouldContain("default-src 'none'");
    }

    [Fact]
    public async Task It_is_written_whole_and_the_result_names_it()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("out.html", "an older report");
        var result = await HtmlReport.WriteAsync(SampleResults.Of(3), file, TestContext.Current.CancellationToken);
        result.Report.ShouldBe(file);
        (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).ShouldEndWith("</html>\n");
        Directory.GetFiles(folder.Path).ShouldBe([file]);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_said_beforehand()
    {
        using var folder = new TemporaryFolder();
        Should.Throw<SettingsException>(() => HtmlReport.CheckFile(folder.Path)).Id.ShouldBe(ErrorId.ValueInvalid);
        Should.Throw<SettingsException>(() => HtmlReport.CheckFile(Path.Combine(folder.Path, "none", "out.html"))).Message.ShouldContain("none");
        HtmlReport.CheckFile(Path.Combine(folder.Path, "out.html"));
    }

    [Fact]
    public void The_same_data_is_in_the_JSON()
    {
        using var json = JsonSerializer.SerializeToDocument(SampleResults.Of(5), JsonSerializerOptions.Web);
        var root = json.RootElement;
        root.GetProperty("timeline").GetArrayLength().ShouldBe(5);
        root.GetProperty("timeline")[3].GetProperty("spans")[2].GetProperty("failed").GetBoolean().ShouldBeTrue();
        root.GetProperty("failures")[0].GetProperty("log").GetArrayLength().ShouldBe(3);
        root.GetProperty("instances")[0].GetProperty("puppet").GetProperty("changed").GetArrayLength().ShouldBe(3);
        root.GetProperty("urls").GetArrayLength().ShouldBe(4);
    }
}
