namespace MoEPlace.Service.Decisions;

/// <summary>
/// A decision with all that it was made of, in one file (a zip archive of <c>input.json</c>, <c>routing.safetensors</c> and <c>decision.json</c>): whoever
/// has it can decide again and compare.
/// </summary>
public static class DecisionRecord
{
    /// <summary>Packs.</summary>
    /// <param name="input">What it depends on.</param>
    /// <param name="trace">The bytes of the window's trace.</param>
    /// <param name="decision">What came of it.</param>
    public static byte[] Pack(DecisionInput input, ReadOnlySpan<byte> trace, Decision decision) => throw new NotImplementedException();

    /// <summary>Decides what a record holds once more.</summary>
    /// <param name="record">The file.</param>
    /// <param name="name">What it is called in faults.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>What is on record, and what came of it now; equal when they are the same, value by value.</returns>
    /// <exception cref="InputException">It is no such record; every fault is told.</exception>
    public static (Decision OnRecord, Decision Again) Replay(byte[] record, string name, CancellationToken cancellation = default) =>
        throw new NotImplementedException();
}
