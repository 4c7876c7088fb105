using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Django;

public sealed class DjangoProjectTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')", "mysite.settings")]
    [InlineData("    os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\",\n        \"conf.production\")", "conf.production")]
    [InlineData("os.environ['DJANGO_SETTINGS_MODULE'] = 'settings'", "settings")]
    public void The_settings_module_is_the_one_that_manage_py_names(string manage, string module)
    {
        _folder.Write("My Site/manage.py", "#!/usr/bin/env python3\nimport os\n" + manage + "\n");
        var project = DjangoProject.Read(Path.Combine(_folder.Path, "My Site"), []);
        project.ShouldBe(new DjangoProject(Path.Combine(_folder.Path, "My Site"), "my-site", module));
    }

    [Fact]
    public void The_sample_is_a_project()
    {
        _folder.Write("linkoverflow/manage.py", Sample());
        DjangoProject.Read(Path.Combine(_folder.Path, "linkoverflow"), [])!.SettingsModule.ShouldBe("linkoverflow.settings");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("/.")]
    [InlineData("/../site/")]
    public void However_its_folder_is_written_it_is_the_same_project(string end)
    {
        _folder.Write("site/manage.py", Sample());
        var folder = Path.Combine(_folder.Path, "site");
        DjangoProject.Read(folder + end, []).ShouldBe(DjangoProject.Read(folder, [])!);
    }

    [Fact]
    public async Task A_link_within_a_project_that_was_named_with_a_slash_at_its_end_goes_along()
    {
        _folder.Write("site/manage.py", Sample());
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "site", "link"), "manage.py");
        var project = DjangoProject.Read(Path.Combine(_folder.Path, "site") + "/", [])!;
        (await ProjectArchive.PackAsync(project, TestContext.Current.CancellationToken)).Files.ShouldBe(2);
    }

    [Theory]
    [InlineData("print('hello')")]
    [InlineData("")]
    [InlineData("os.environ.setdefault('DJANGO_SETTINGS_MODULE', settings)")]
    public void A_manage_py_that_names_no_settings_is_no_Django_project(string manage)
    {
        _folder.Write("site/manage.py", manage);
        var problems = new List<Problem>();
        DjangoProject.Read(Path.Combine(_folder.Path, "site"), problems).ShouldBeNull();
        var problem = problems.ShouldHaveSingleItem();
        problem.Id.ShouldBe(ErrorId.NotADjangoProject);
        problem.File.ShouldBe(Path.Combine(_folder.Path, "site", "manage.py"));
        problem.Message.ShouldContain("DJANGO_SETTINGS_MODULE");
    }

    [Fact]
    public void A_folder_called_manage_py_is_no_manage_py()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "site", "manage.py"));
        var problems = new List<Problem>();
        DjangoProject.Read(Path.Combine(_folder.Path, "site"), problems).ShouldBeNull();
        problems.ShouldHaveSingleItem().Message.ShouldContain("it has no manage.py");
    }

    [Fact]
    public void A_long_name_is_cut_and_does_not_end_in_a_dash() =>
        DjangoProject.HostName("an-extraordinarily-long-folder---name-for-a-project").ShouldBe("an-extraordinarily-long-folder-n");

    private static string Sample() => """
        #!/usr/bin/env python3
        import os
        import sys

        if __name__ == "__main__":
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linkoverflow.settings")
        """;
}
