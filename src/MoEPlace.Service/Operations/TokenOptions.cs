namespace MoEPlace.Service.Operations;

/// <summary>A bearer token; the configuration holds its digest, not itself.</summary>
/// <param name="Name">Whose it is, for the record.</param>
/// <param name="Role">What it may ask for.</param>
/// <param name="Sha256">SHA-256 of the token, 64 hexadecimal digits.</param>
public sealed record TokenOptions(string Name, TokenRole Role, string Sha256);
