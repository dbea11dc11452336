using MoEPlace.Torch;

namespace MoEPlace.Executor.Running;

/// <summary>Tokens that one exchange brought to this rank, by the rank that sent them and then in its order; and those that left it.</summary>
/// <param name="Sent">[ranks] rows that this rank sent to each.</param>
/// <param name="SentRows">[sum of sent] which of its rows those are.</param>
/// <param name="Received">[ranks] rows that came from each.</param>
/// <param name="Sources">[arrived] the rank that each came from.</param>
/// <param name="Tokens">[arrived] where each stands in the step.</param>
/// <param name="Choices">[arrived] all that was chosen for each.</param>
/// <param name="Rows">[arrived, H].</param>
internal sealed record Arrivals(
    long[] Sent, int[] SentRows, long[] Received, int[] Sources, int[] Tokens, TokenChoices Choices, Tensor Rows);
