using System.Text.RegularExpressions;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>An EC2's answers to all that is asked before a launch: everything is right, until a test answers an action in its own way.</summary>
internal sealed partial class AgreeableEc2
{
    private readonly Dictionary<string, Func<string, (int Status, string Body)>> _own = new(StringComparer.Ordinal);

    public static string DryRun { get; } = AnsweringEc2.Error("DryRunOperation");

    /// <summary>Answers an action otherwise.</summary>
    public AgreeableEc2 With(string action, int status, string body)
    {
        _own[action] = _ => (status, body);
        return this;
    }

    /// <summary>Answers an action with content of a response.</summary>
    public AgreeableEc2 With(string action, string content) => With(action, 200, Response(content));

    public (int Status, string Body) Answer(string form)
    {
        var action = ActionRegex().Match(form).Groups["name"].Value;
        return _own.TryGetValue(action, out var own) ? own(form) : action switch
        {
            "DescribeKeyPairs" => (200, Response("<keySet><item><keyName>my-pair</keyName></item><item><keyName>theirs</keyName></item></keySet>")),
            "DescribeAvailabilityZones" => (200, Response("<availabilityZoneInfo><item><zoneName>us-west-2a</zoneName></item><item><zoneName>us-west-2b</zoneName></item></availabilityZoneInfo>")),
            "DescribeImages" => (200, Response("<imagesSet><item><imageId>ami-12345678</imageId><rootDeviceName>/dev/sda1</rootDeviceName></item></imagesSet>")),
            "DescribeInstanceTypeOfferings" => (200, Response(Offering("t3.small", "us-west-2a", "us-west-2b"))),
            "RunInstances" or "CreateSecurityGroup" when form.Contains("DryRun=true", StringComparison.Ordinal) => (412, DryRun),
            _ => (400, AnsweringEc2.Error("InvalidAction")),
        };
    }

    public static string Offering(string type, params string[] zones) =>
        $"<instanceTypeOfferingSet>{string.Concat(zones.Select(z => $"<item><instanceType>{type}</instanceType><locationType>availability-zone</locationType><location>{z}</location></item>"))}</instanceTypeOfferingSet>";

    public static string Response(string content) =>
        $"<Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>1</requestId>{content}</Response>";

    [GeneratedRegex("(^|&)Action=(?<name>[A-Za-z]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ActionRegex();
}
