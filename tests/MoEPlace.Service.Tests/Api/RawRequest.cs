using System.Globalization;
using System.Text;

namespace MoEPlace.Service.Tests.Api;

/// <summary>A request as bytes, before it is framed.</summary>
internal sealed record RawRequest(string Method, string Target, string Headers, byte[] Body)
{
    /// <summary>As it goes over the wire, its length right.</summary>
    public byte[] Framed()
    {
        var length = Body.Length == 0 && Method is "GET" or "HEAD" ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {Body.Length}\r\n");
        return [.. Encoding.Latin1.GetBytes($"{Method} {Target} HTTP/1.1\r\n{Headers}{length}\r\n"), .. Body];
    }

    /// <summary>For a person who looks into a failure.</summary>
    public override string ToString() => $"{Method} {Target}\n{Headers}\n{Encoding.Latin1.GetString(Body)}";
}
