namespace MoEPlace.Service.Api;

/// <summary>A request is not served, and why.</summary>
/// <param name="status">The status code of HTTP.</param>
/// <param name="message">Why, in words; no secret, path or stack.</param>
internal sealed class ApiRefusalException(int status, string message) : Exception(message)
{
    /// <summary>The status code of HTTP.</summary>
    public int Status { get; } = status;
}
