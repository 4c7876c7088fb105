namespace LinkOverflow.Deploy.Cloud;

/// <summary>An image as EC2 describes it.</summary>
/// <param name="ImageId">Its id; that of the image which an alias stands for.</param>
/// <param name="RootDevice">The device name of its root volume, such as /dev/xvda.</param>
/// <param name="Name">Its name, or null.</param>
public sealed record CloudImage(string ImageId, string RootDevice, string? Name = null);
