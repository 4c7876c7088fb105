using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Tests.Protocol;

public sealed class WildcardPatterns
{
    [Theory]
    [InlineData("web-1", "web-1", true)]
    [InlineData("web-1", "WEB-1", false)]
    [InlineData("web-1", "*", true)]
    [InlineData("", "*", true)]
    [InlineData("", "", true)]
    [InlineData("", "?", false)]
    [InlineData("web-1", "web-?", true)]
    [InlineData("web-10", "web-?", false)]
    [InlineData("web-10", "*1*", true)]
    [InlineData("a*b", "a\\*b", true)]
    [InlineData("axb", "a\\*b", false)]
    [InlineData("a\\b", "a\\\\b", true)]
    [InlineData("abc", "a*b", false)]
    [InlineData("aab", "a*ab", true)]
    public void Stars_and_question_marks_stand_for_other_characters(string text, string pattern, bool expected) =>
        Wildcard.IsMatch(text, pattern).ShouldBe(expected);

    [Fact]
    public void A_pattern_of_many_stars_is_decided_at_once()
    {
        var text = new string('a', 5000);
        var pattern = string.Concat(Enumerable.Repeat("a*", 100)) + "b";

        Should.CompleteIn(() => Wildcard.IsMatch(text, pattern).ShouldBeFalse(), TimeSpan.FromSeconds(5));
    }
}
