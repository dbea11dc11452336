namespace MoEPlace;

/// <summary>Where a token's hidden state lives between layers.</summary>
public enum Residency
{
    /// <summary>On the token's home rank: it goes out to its experts and comes back in every layer.</summary>
    Home,

    /// <summary>It stays where its top-1 expert is (ExFlow's context-coherent parallelism, extended to top-k); every rank holds the full KV cache.</summary>
    Coherent,
}
