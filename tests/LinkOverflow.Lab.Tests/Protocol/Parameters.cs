using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Tests.Protocol;

public sealed class Parameters
{
    [Fact]
    public void Lists_keep_the_order_of_their_numbers_and_may_have_gaps() =>
        QueryParameters.Parse("Id.10=c&Id.2=b&Id.1=a&Idle.1=x").List("Id").ShouldBe(["a", "b", "c"]);

    [Fact]
    public void Structures_hold_lists_of_their_own()
    {
        var filters = QueryParameters.Parse("Filter.1.Name=a&Filter.1.Value.1=x&Filter.1.Value.2=y&Filter.2.Name=b").Structures("Filter");

        filters.Count.ShouldBe(2);
        filters[0].List("Value").ShouldBe(["x", "y"]);
        filters[1].Require("Name").ShouldBe("b");
    }

    [Fact]
    public void A_missing_parameter_is_named_with_its_whole_path()
    {
        var filter = QueryParameters.Parse("Filter.3.Value.1=x").Structures("Filter")[0];

        Should.Throw<ApiException>(() => filter.Require("Name")).Message.ShouldContain("Filter.3.Name");
    }

    [Theory]
    [InlineData("a=1+1%2B1", "1 1+1")]
    [InlineData("a=%C3%A4", "ä")]
    [InlineData("a=x&a=y", "x")]
    [InlineData("a=b=c", "b=c")]
    [InlineData("a=100%", "100%")]
    public void Values_are_decoded_as_forms_are(string text, string expected) => QueryParameters.Parse(text).Require("a").ShouldBe(expected);

    [Theory]
    [InlineData("a=%00")]
    [InlineData("a=%EF%BF%BF")]
    [InlineData("%01=a")]
    public void What_XML_cannot_carry_is_refused(string text) => Should.Throw<ApiException>(() => QueryParameters.Parse(text)).Code.ShouldBe("InvalidParameterValue");

    [Theory]
    [InlineData("n=1x")]
    [InlineData("n=99999999999")]
    [InlineData("n=1.5")]
    public void A_number_that_is_none_is_refused(string text) => Should.Throw<ApiException>(() => QueryParameters.Parse(text).FindInteger("n"));
}
