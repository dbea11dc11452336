namespace MoEPlace.Traces.Models;

/// <summary>What a family's own keys say of its widths, and which keys hold the rest.</summary>
/// <param name="Hidden">Width of the residual stream.</param>
/// <param name="Expert">Width of one routed expert.</param>
/// <param name="Shared">Summed width of the shared experts.</param>
/// <param name="Dense">Width of the dense layers; 0 when there are none.</param>
/// <param name="HeadsKey">The key that counts query heads.</param>
/// <param name="HeadKey">The key of a head's width; where it is missing, hidden / heads.</param>
/// <param name="Matrices">Matrices of one expert: 3 when gated, else 2.</param>
internal sealed record Widths(
    int Hidden, int Expert, int Shared, int Dense, string HeadsKey = "num_attention_heads", string HeadKey = "head_dim", int Matrices = 3);
