using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The one call of STS (2011-06-15) that clients make before they trust their credentials.</summary>
internal sealed class StsActions(Account account)
{
    public const string Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    /// <exception cref="ApiException">InvalidAction.</exception>
    public Element Answer(string action, Signer signer, string requestId) => action == "GetCallerIdentity"
        ? new Element(
            "GetCallerIdentityResponse",
            new Element(
                "GetCallerIdentityResult",
                new Element("Arn", UserArn(signer)),
                new Element("UserId", signer.AccessKeyId),
                new Element("Account", account.OwnerId)),
            new Element("ResponseMetadata", new Element("RequestId", requestId)))
        : throw new ApiException("InvalidAction", $"Could not find operation {action} for version 2011-06-15");

    public string UserArn(Signer signer) => signer.MayOnlyLook ? account.ReaderArn : account.UserArn;

    public static Element Refusal(int status, string code, string message, string requestId) => new(
        "ErrorResponse",
        new Element("Error", new Element("Type", status < 500 ? "Sender" : "Receiver"), new Element("Code", code), new Element("Message", message)),
        new Element("RequestId", requestId));
}
