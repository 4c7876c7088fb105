using Amazon.EC2;
using Amazon.Runtime;
using Amazon.Runtime.Internal;

namespace LinkOverflow.Deploy.Cloud.Ec2;

/// <summary>
/// The SDK's client, but for one thing: EC2 calls too little capacity a fault of its own (HTTP 500), and the SDK would ask
/// again for half a minute where another zone is the answer.
/// </summary>
internal sealed class Ec2Client(AWSCredentials credentials, AmazonEC2Config config) : AmazonEC2Client(credentials, config)
{
    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        base.CustomizeRuntimePipeline(pipeline);
        pipeline.ReplaceHandler<RetryHandler>(new RetryHandler(new Retries(Config)));
    }

    private sealed class Retries(IClientConfig config) : AdaptiveRetryPolicy(config)
    {
        public override Task<bool> RetryForExceptionAsync(IExecutionContext executionContext, Exception exception) =>
            exception is AmazonServiceException { ErrorCode: "InsufficientInstanceCapacity" or "InsufficientHostCapacity" }
                ? Task.FromResult(false)
                : base.RetryForExceptionAsync(executionContext, exception);
    }
}
