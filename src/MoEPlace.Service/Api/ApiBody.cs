namespace MoEPlace.Service.Api;

/// <summary>What a request carries.</summary>
/// <param name="ContentType">Its content type.</param>
/// <param name="Shape">What its JSON is made of; null for bytes.</param>
/// <param name="Required">Whether it may be missing.</param>
/// <param name="MostBytes">Bytes at most; null for what the configuration allows.</param>
/// <param name="NeedsLength">Whether its length must be told before it.</param>
internal sealed record ApiBody(string ContentType, Type? Shape, bool Required = true, int? MostBytes = null, bool NeedsLength = false)
{
    /// <summary>JSON.</summary>
    public const string Json = "application/json";
}
