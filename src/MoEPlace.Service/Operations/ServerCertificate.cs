using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MoEPlace.Service.Operations;

/// <summary>The certificate that https is served with.</summary>
internal static class ServerCertificate
{
    /// <summary>Reads a PEM file that holds a certificate and its key.</summary>
    /// <exception cref="InputException">It cannot be read, or is none.</exception>
    public static X509Certificate2 Load(string path)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException("configuration", "certificate", path, $"a PEM file with a certificate and its key ({e.GetType().Name})");
        }
    }
}
