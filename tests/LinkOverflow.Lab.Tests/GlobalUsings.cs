global using Shouldly;
global using Xunit;
global using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]
