namespace MoEPlace.Executor.Models;

/// <summary>Rotary positions (Su et al. 2021).</summary>
/// <param name="Width">Elements of a head that turn.</param>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Interleaved">True when element 2i turns with 2i + 1, false when element i turns with i + width / 2.</param>
/// <param name="Yarn">How the context was lengthened; null when it was not.</param>
public sealed record RotaryConfig(int Width, double Theta, bool Interleaved, YarnConfig? Yarn);
