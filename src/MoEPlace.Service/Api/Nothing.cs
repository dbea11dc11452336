namespace MoEPlace.Service.Api;

/// <summary>An answer without content: <c>{}</c>.</summary>
internal sealed record Nothing;
