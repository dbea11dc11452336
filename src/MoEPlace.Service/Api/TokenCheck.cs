using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using MoEPlace.Service.Operations;

namespace MoEPlace.Service.Api;

/// <summary>Tells whose token a request bears. Digests are compared, all of them, each in constant time.</summary>
internal sealed class TokenCheck
{
    private const string Scheme = "Bearer ";
    private readonly ImmutableArray<(TokenOptions Token, byte[] Digest)> tokens;

    /// <summary>For the tokens of a configuration.</summary>
    public TokenCheck(ImmutableArray<TokenOptions> tokens) => this.tokens = [.. tokens.Select(t => (t, Convert.FromHexString(t.Sha256)))];

    /// <summary>Whether there are any.</summary>
    public bool Any => !tokens.IsEmpty;

    /// <summary>Whose it is; null for nobody's.</summary>
    /// <param name="authorization">The header of the request.</param>
    public TokenOptions? Find(string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..].Trim()));
        TokenOptions? found = null;
        foreach (var (token, known) in tokens)
            if (CryptographicOperations.FixedTimeEquals(digest, known))
                found = token;
        return found;
    }
}
