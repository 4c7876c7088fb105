using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Amazon.EC2.Model;
using LinkOverflow.Deploy.Cloud.Ec2;
using LinkOverflow.Deploy.Settings;

namespace LinkOverflow.Deploy.Tests.Cloud;

/// <summary>moto's own server (docs.getmoto.org), an EC2 that somebody else wrote; its instances are records, no machines.</summary>
public sealed class MotoServer : IContractEc2, IAsyncLifetime
{
    private Process? _server;
    private string _url = "";

    /// <summary>Why there is none, or null.</summary>
    public string? Missing { get; private set; }

    public async ValueTask InitializeAsync()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _url = $"http://127.0.0.1:{port}";
        try
        {
            _server = Process.Start(new ProcessStartInfo("moto_server", ["-H", "127.0.0.1", "-p", $"{port}"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
                Environment = { ["MOTO_ENABLE_KEYPAIR_VALIDATION"] = "true", ["MOTO_ENABLE_AMI_VALIDATION"] = "true" },
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Missing = "There is no moto_server on the PATH (pip: moto[ec2,server]).";
            return;
        }

        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, _) => { };
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        await WaitUntilReadyAsync();
        if (Missing is null)
        {
            var images = await AwsClients.For(Settings).Ec2.DescribeImagesAsync(new DescribeImagesRequest { Owners = ["amazon"] });
            Image = images.Images[0].ImageId;
        }
    }

    public AwsSettings Settings => AnsweringEc2.Settings(_url);

    /// <summary>One of those that moto brings.</summary>
    public string Image { get; private set; } = "";

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill(entireProcessTree: true);
            await _server.WaitForExitAsync();
            _server.Dispose();
        }
    }

    private async Task WaitUntilReadyAsync()
    {
        using var http = new HttpClient();
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(_url + "/moto-api/"));
                return;
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromSeconds(60) && !_server!.HasExited)
            {
                await Task.Delay(100);
            }
            catch (HttpRequestException e) when (_server!.HasExited)
            {
                Missing = $"moto_server ends with exit code {_server.ExitCode}: {e.Message}";
                return;
            }
        }
    }
}
