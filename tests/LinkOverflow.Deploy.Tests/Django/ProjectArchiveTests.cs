using LinkOverflow.Deploy.Django;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Django;

public sealed class ProjectArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public ProjectArchiveTests()
    {
        _folder.Write("manage.py", "x", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _folder.Write("app/views.py", "y");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_same_content_is_the_same_release_whenever_it_was_written()
    {
        var before = await IdAsync();
        File.SetLastWriteTimeUtc(Path.Combine(_folder.Path, "manage.py"), new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        (await IdAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Another_byte_name_or_mode_is_another_release()
    {
        var ids = new List<string> { await IdAsync() };
        _folder.Write("app/views.py", "z");
        ids.Add(await IdAsync());
        File.Move(Path.Combine(_folder.Path, "app/views.py"), Path.Combine(_folder.Path, "app/view.py"));
        ids.Add(await IdAsync());
        File.SetUnixFileMode(Path.Combine(_folder.Path, "manage.py"), UnixFileMode.UserRead);
        ids.Add(await IdAsync());
        ids.Distinct().Count().ShouldBe(4);
    }

    [Fact]
    public async Task What_belongs_to_this_machine_alone_stays_here()
    {
        var before = await IdAsync();
        _folder.Write(".git/config", "");
        _folder.Write("venv/bin/python", "");
        _folder.Write("app/__pycache__/views.pyc", "");
        _folder.Write("db.sqlite3", "data");
        _folder.Write("db.sqlite3-wal", "data");
        (await IdAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../outside")]
    public async Task A_link_out_of_the_project_is_refused(string target)
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "app", "link"), target);
        (await Should.ThrowAsync<DeployException>(IdAsync)).Message.ShouldContain(target);
    }

    [Fact]
    public async Task A_link_within_the_project_goes_along()
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "app", "link"), "views.py");
        (await IdAsync()).Length.ShouldBe(16);
    }

    [Theory]
    [InlineData("LinkOverflow", "linkoverflow")]
    [InlineData("My Site (2)", "my-site-2")]
    [InlineData("--rf", "rf")]
    [InlineData("é", "site")]
    public void A_folders_name_becomes_a_name_for_hosts(string folder, string name) => DjangoProject.HostName(folder).ShouldBe(name);

    private async Task<string> IdAsync() =>
        (await ProjectArchive.PackAsync(new DjangoProject(_folder.Path, "p", "p.settings"), TestContext.Current.CancellationToken)).ReleaseId;
}
