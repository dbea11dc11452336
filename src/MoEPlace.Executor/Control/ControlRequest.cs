using System.Text;
using System.Text.Json;

namespace MoEPlace.Executor.Control;

/// <summary>One line to a control port; a connection carries one.</summary>
/// <param name="Token">The secret of <see cref="ControlFile"/>; its first key, written as <see cref="Head"/>.</param>
/// <param name="Ask">What is asked.</param>
/// <param name="Placement">The content of a placement file; with <see cref="ControlAsk.Apply"/>, and only then.</param>
/// <param name="BytesPerStep">
/// Weights that may leave ranks during one step, over all ranks, 1 or more (less than 4,096 counts as 4,096); with a placement, and only then.
/// </param>
public sealed record ControlRequest(string Token, ControlAsk Ask, JsonElement? Placement = null, long? BytesPerStep = null)
{
    /// <summary>
    /// The bytes that a line must begin with, exactly: so that a port reads these and nothing more of who does not know the token.
    /// </summary>
    /// <param name="token">The token.</param>
    public static byte[] Head(string token) => Encoding.ASCII.GetBytes($"{{\"token\":\"{token}\"");
}
