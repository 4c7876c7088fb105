using System.Reflection;
using LinkOverflow.Deploy.Errors;

namespace LinkOverflow.Deploy.Tests.Errors;

/// <summary>No id without a text of its own, and no page that the code has left behind.</summary>
public sealed class ErrorReferenceTests
{
    private static string Page => Path.Combine(Repository.Root, "docs", "errors.md");

    [Fact]
    public void Every_id_has_a_meaning_a_cause_and_a_fix_of_its_own()
    {
        var texts = new List<string>();
        foreach (var id in ErrorReference.Ids)
        {
            id.GetRawConstantValue().ShouldBe(id.Name);
            var remedy = id.GetCustomAttribute<RemedyAttribute>().ShouldNotBeNull($"{id.Name} needs a [Remedy(cause, fix)].");
            foreach (var text in (string[])[ErrorReference.Meaning(id), remedy.Cause, remedy.Fix])
            {
                text.ShouldNotBeNullOrWhiteSpace($"{id.Name} lacks a text.");
                text.ShouldEndWith(".", Case.Sensitive, id.Name);
            }

            texts.Add(ErrorReference.Meaning(id));
        }

        texts.ShouldBeUnique();
    }

    [Fact]
    public async Task The_page_is_what_the_code_says()
    {
        var markdown = ErrorReference.Markdown();
        if (Environment.GetEnvironmentVariable("LINKOVERFLOW_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(Page, markdown, TestContext.Current.CancellationToken);
        }

        (await File.ReadAllTextAsync(Page, TestContext.Current.CancellationToken))
            .ShouldBe(markdown, "docs/errors.md is stale: set LINKOVERFLOW_WRITE_DOCS=1 and run this test.");
    }
}
