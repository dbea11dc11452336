using System.Net;

namespace MoEPlace.Service.Operations;

/// <summary>Where the service listens.</summary>
/// <param name="Address">The address of the machine.</param>
/// <param name="Port">The port; 0 for any that is free.</param>
/// <param name="IsSecure">Whether it is https.</param>
internal sealed record ListenAddress(IPAddress Address, int Port, bool IsSecure)
{
    /// <summary>What may stand there, in words.</summary>
    public const string Allowed = "http://127.0.0.1:PORT, http://[::1]:PORT, http://localhost:PORT, or https://ADDRESS:PORT, with nothing behind it";

    /// <summary>Whether only this machine reaches it.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address);

    /// <summary>Reads it; null where it is none.</summary>
    public static ListenAddress? Parse(string? text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.PathAndQuery != "/" || uri.Fragment.Length > 0
            || uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            return null;
        var host = uri.Host == "localhost" ? "127.0.0.1" : uri.Host.Trim('[', ']');
        return IPAddress.TryParse(host, out var address) ? new ListenAddress(address, uri.Port, uri.Scheme == Uri.UriSchemeHttps) : null;
    }
}
