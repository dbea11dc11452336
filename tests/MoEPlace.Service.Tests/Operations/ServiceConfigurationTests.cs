using System.Collections;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MoEPlace.Service.Operations;
using Xunit;

namespace MoEPlace.Service.Tests.Operations;

/// <summary>Where options come from, and what must hold of them.</summary>
public sealed class ServiceConfigurationTests : IDisposable
{
    private static readonly string Digest = new('a', 64);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_command_line_stands_over_the_environment_and_that_over_the_file()
    {
        var file = Write("""{"format":"moeplace.service/1","listen":"http://127.0.0.1:1","state":"sqlite:file","mostJobs":5,"logLevel":"debug"}""");
        var environment = new Hashtable
        {
            ["MOEPLACE_SERVICE_LISTEN"] = "http://127.0.0.1:2",
            ["MOEPLACE_SERVICE_STATE"] = "sqlite:environment",
            ["MOEPLACE_SERVICE_MOST_JOBS"] = "7",
            ["MOEPLACE_SERVICE_CERTIFICATE"] = "",
            ["MOEPLACE_OTHER"] = "not ours",
        };
        var options = ServiceConfiguration.Read(file, environment, listen: "http://127.0.0.1:3");
        Assert.Equal(("http://127.0.0.1:3", "sqlite:environment", 7, "debug", null), (options.Listen, options.State, options.MostJobs, options.LogLevel, options.Certificate));
        environment["MOEPLACE_SERVICE_CONFIG"] = file;
        Assert.Equal("debug", ServiceConfiguration.Read(null, environment).LogLevel);
        Assert.Equal(new ServiceOptions(), ServiceConfiguration.Read(null, new Hashtable()));
    }

    [Fact]
    public void All_faults_of_file_and_environment_are_told_at_once_and_no_secret()
    {
        var file = Write(
            """
            {"listen":"http://0.0.0.0:80","state":"sqlite:","mostJobs":0,"mostBodyBytes":1,"logLevel":"loud","otlpEndpoint":"http://u:hidden@x","certificate":"/nowhere",
             "tokens":[{"name":"local","role":"read","sha256":"hidden"},{"name":"a","role":"apply","sha256":"DIGEST"},{"name":"a","role":"apply","sha256":"DIGEST"}],
             "webhooks":[{"name":"W","url":"http://hidden.example/","secretFile":"/nowhere"},{"name":"w","url":"http://u:hidden@127.0.0.1/"}]}
            """.Replace("DIGEST", Digest, StringComparison.Ordinal));
        var environment = new Hashtable { ["MOEPLACE_SERVICE_MOST_BODY_BYTES"] = "many", ["MOEPLACE_SERVICE_TOKEN"] = "hidden" };
        var faults = Assert.Throws<InputException>(() => ServiceConfiguration.Read(file, environment)).Faults;
        string[] told =
        [
            "MOEPLACE_SERVICE_MOST_BODY_BYTES", "MOEPLACE_SERVICE_TOKEN", "listen", "certificate", "state", "tokens[0].name", "tokens[0].sha256", "tokens[2].name",
            "tokens[2].sha256", "webhooks[0].name", "webhooks[0].url", "webhooks[0].secretFile", "webhooks[1].url", "otlpEndpoint", "mostJobs", "mostBodyBytes", "logLevel",
        ];
        Assert.Equal(told, faults.Select(fault => fault.Field));
        Assert.All(faults, fault => Assert.DoesNotContain("hidden", fault.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"tokens":[{"name":"a","role":"read","token":"hidden"}]}""")]
    [InlineData("""{"tokens":"hidden"}""")]
    [InlineData("""{"state":["Password=hidden"]}""")]
    [InlineData("""{"tokens":[{"name":"a","role":"hidden","sha256":"hidden"}]}""")]
    [InlineData("""{"webhooks":[{"name":"a","secret":"hidden"}]}""")]
    [InlineData("""{"password":"hidden"}""")]
    [InlineData("""{"Tokens":"hidden","STATE":"hidden","JSON":"line hidden","file":"hidden","mostjobs":"hidden"}""")]
    [InlineData("""{"state":"a","state":"hidden"}""")]
    [InlineData("""{"password":nhidden}""")]
    [InlineData("""{"certificate":{"key":"hidden"}}""")]
    [InlineData("""["hidden"]""")]
    [InlineData(""" "hidden" """)]
    [InlineData("""{"tokens":[{"name":"It is hidden","role":"read","sha256":"00"}]}""")]
    [InlineData("""{"webhooks":[{"name":"a","url":"https://example.com/","secretFile":"hidden"}]}""")]
    public void A_slip_of_the_pen_puts_no_secret_on_the_screen(string content)
    {
        var path = Write(content);
        var faults = Assert.Throws<InputException>(() => ServiceConfiguration.Read(path, new Hashtable())).Faults;
        Assert.All(faults, fault => Assert.DoesNotContain("hidden", fault.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public void Values_of_the_wrong_form_and_values_out_of_range_are_told_together()
    {
        var path = Write("""{"mostJobs":"x","tokens":[{"name":"a","role":"root","sha256":"00"}],"listen":"ftp://x","logLevel":"x"}""");
        var faults = Assert.Throws<InputException>(() => ServiceConfiguration.Read(path, new Hashtable())).Faults;
        Assert.Equal(["mostJobs", "tokens[0].role", "listen", "logLevel"], faults.Select(fault => fault.Field));
    }

    [Theory]
    [InlineData("http://127.0.0.1:7077", false, false, true)]
    [InlineData("http://localhost:7077", false, false, true)]
    [InlineData("http://[::1]:7077", false, false, true)]
    [InlineData("http://0.0.0.0:7077", false, true, false)]
    [InlineData("http://192.168.1.1:7077", false, true, false)]
    [InlineData("https://0.0.0.0:7077", true, false, false)]
    [InlineData("https://0.0.0.0:7077", false, true, false)]
    [InlineData("https://0.0.0.0:7077", true, true, true)]
    [InlineData("https://[::]:7077", true, true, true)]
    [InlineData("https://127.0.0.1:7077", true, false, true)]
    [InlineData("https://example.com:7077", true, true, false)]
    [InlineData("http://localhost.evil.example:7077", false, false, false)]
    [InlineData("ftp://127.0.0.1", false, false, false)]
    [InlineData("http://127.0.0.1:7077/x", false, false, false)]
    [InlineData("nonsense", false, false, false)]
    public void Beyond_this_machine_it_listens_only_with_certificate_and_tokens(string listen, bool certified, bool guarded, bool allowed)
    {
        var options = new ServiceOptions(
            Listen: listen, Certificate: certified ? Certificate() : null, Tokens: guarded ? [new TokenOptions("a", TokenRole.Read, Digest)] : null);
        var faults = new InputFaults("configuration");
        options.Check(faults);
        Assert.Equal(allowed, !faults.Any);
    }

    [Fact]
    public void What_is_no_certificate_is_refused()
    {
        foreach (var path in (string[])[Write("not PEM"), folder.File("none"), ""])
        {
            var faults = new InputFaults("configuration");
            new ServiceOptions(Listen: "https://127.0.0.1:0", Certificate: path).Check(faults);
            Assert.Equal("certificate", Assert.Single(faults.ToImmutable()).Field);
        }
    }

    private string Write(string content)
    {
        var path = folder.File($"{Guid.NewGuid():N}.json");
        File.WriteAllText(path, content);
        return path;
    }

    private string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
        return Write(certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
