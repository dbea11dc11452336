using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MoEPlace.Service.Client;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Operations;
using Xunit;

namespace MoEPlace.Service.Tests.Api;

/// <summary>The wire itself: https, requests that never end, and addresses that are taken.</summary>
public sealed class WireTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Https_is_served_with_the_certificate_of_the_configuration()
    {
        using var folder = new TemporaryFolder();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        await File.WriteAllTextAsync(folder.File("server.pem"), certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Cancellation);
        await using var live = await LiveService.StartAsync(LiveService.WithTokens with { Listen = "https://127.0.0.1:0", Certificate = folder.File("server.pem") });
        Assert.Equal("https", live.Host.Address.Scheme);
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, shown, _, errors) => shown!.Thumbprint == certificate.Thumbprint && errors != SslPolicyErrors.None,
        };
        using var client = new ServiceClient([live.Host.Address], LiveService.Secrets[TokenRole.Read], handler);
        Assert.Empty((await client.GetAsync<JobList>("api/jobs", Cancellation)).Jobs);
        using var stranger = new ServiceClient([live.Host.Address], LiveService.Secrets[TokenRole.Read]);
        await Assert.ThrowsAsync<IOException>(() => stranger.GetAsync<JobView>("api/jobs", Cancellation));
    }

    [Theory]
    [InlineData("GET /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ", "408")]
    [InlineData("POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "408")]
    public async Task Who_sends_no_further_is_not_waited_for(string begins, string status)
    {
        await using var live = await LiveService.StartAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(live.Host.Address.Host, live.Host.Address.Port, Cancellation);
        await socket.SendAsync(Encoding.ASCII.GetBytes(begins), Cancellation);
        var (answer, buffer) = (new StringBuilder(), new byte[4_096]);
        while (await socket.ReceiveAsync(buffer, Cancellation) is > 0 and var read)
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        Assert.StartsWith($"HTTP/1.1 {status} ", answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_taken_is_told()
    {
        await using var live = await LiveService.StartAsync();
        var taken = new ServiceOptions(Listen: live.Host.Address.GetLeftPart(UriPartial.Authority));
        var failure = await Assert.ThrowsAsync<IOException>(() => ServiceHost.StartAsync(taken, live.Service, cancellation: Cancellation));
        Assert.Contains("address already in use", failure.Message, StringComparison.OrdinalIgnoreCase);
    }
}
