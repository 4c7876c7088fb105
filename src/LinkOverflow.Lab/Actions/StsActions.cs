using System.Xml.Linq;
using LinkOverflow.Lab.Model;
using LinkOverflow.Lab.Protocol;

namespace LinkOverflow.Lab.Actions;

/// <summary>The one call of STS (2011-06-15) that clients make before they trust their credentials.</summary>
internal sealed class StsActions(Account account)
{
    public const string Namespace = "https://sts.amazonaws.com/doc/2011-06-15/";

    /// <exception cref="ApiException">InvalidAction.</exception>
    public XElement Answer(string action, Signer signer, string requestId) => action == "GetCallerIdentity"
        ? new XElement(
            "GetCallerIdentityResponse",
            new XElement(
                "GetCallerIdentityResult",
                new XElement("Arn", UserArn(signer)),
                new XElement("UserId", signer.AccessKeyId),
                new XElement("Account", account.OwnerId)),
            new XElement("ResponseMetadata", new XElement("RequestId", requestId)))
        : throw new ApiException("InvalidAction", $"Could not find operation {action} for version 2011-06-15");

    public string UserArn(Signer signer) => signer.MayOnlyLook ? account.ReaderArn : account.UserArn;

    public static XElement Refusal(int status, string code, string message, string requestId) => new(
        "ErrorResponse",
        new XElement("Error", new XElement("Type", status < 500 ? "Sender" : "Receiver"), new XElement("Code", code), new XElement("Message", message)),
        new XElement("RequestId", requestId));
}
