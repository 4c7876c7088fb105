using LinkOverflow.Deploy.Deployments;

namespace LinkOverflow.Deploy.Tests.Reports;

public sealed class TimelineTests
{
    private static readonly DateTime Started = SampleResults.Started;

    [Fact]
    public void A_healthy_instance_has_every_step_and_each_begins_where_the_one_before_it_ended()
    {
        var spans = Timeline.Of(SampleResults.Of(1).Instances[0], Started).Spans;
        spans.Select(s => s.Step).ShouldBe(["Launch", "Boot", "Puppet", "Publish", "Health"]);
        spans.Skip(1).Select(s => s.Start).ShouldBe(spans.SkipLast(1).Select(s => s.End));
        spans.ShouldAllBe(s => !s.Failed);

        // Launched 0.8 s after the deployment began.
        spans[0].Start.TotalSeconds.ShouldBe(0.9, 0.001);
        spans[^1].End.TotalSeconds.ShouldBe(63.8, 0.001);
    }

    [Fact]
    public void A_failed_instance_ends_in_the_step_that_failed()
    {
        var last = Timeline.Of(SampleResults.Of(4).Instances[3], Started).Spans[^1];
        (last.Step, last.Failed).ShouldBe(("Puppet", true));
        last.End.TotalSeconds.ShouldBe(42.5, 0.001);
    }

    [Fact]
    public void What_was_done_before_a_resumption_began_has_no_length_in_it()
    {
        var spans = Timeline.Of(SampleResults.Of(1).Instances[0], Started.AddSeconds(30)).Spans;
        spans.Select(s => s.Step).ShouldBe(["Puppet", "Publish", "Health"]);
        spans[0].Start.ShouldBe(TimeSpan.Zero);
    }
}
