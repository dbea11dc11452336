namespace MoEPlace.Service.Operations;

/// <summary>Where an engine's operator is told that a placement is to be put in force.</summary>
/// <param name="Name">What jobs call it.</param>
/// <param name="Url">http on loopback, or https.</param>
/// <param name="SecretFile">A file with the key that signs what is sent (HMAC-SHA-256, header X-MoEPlace-Signature); null for none.</param>
public sealed record WebhookOptions(string Name, string Url, string? SecretFile = null);
