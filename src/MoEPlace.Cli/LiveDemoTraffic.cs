using System.Text.Json;

namespace MoEPlace.Cli;

/// <summary>
/// What the live demo serves. At first the first half of the ranks has English and the second half Spanish; then readers of English leave, those of
/// Spanish are served by the first half, and the second half gets code. Sequence s lives on rank s mod ranks.
/// </summary>
/// <param name="English">[bytes] English text.</param>
/// <param name="Spanish">[bytes] Spanish text.</param>
/// <param name="Code">[bytes] Source code.</param>
internal sealed record LiveDemoTraffic(byte[] English, byte[] Spanish, byte[] Code)
{
    /// <summary>What is served before and after the shift, in words.</summary>
    internal const string Before = "English on the first half of the ranks, Spanish on the second half", After = "Spanish on the first half, code on the second half";

    /// <summary>Sequences at the same time, over all ranks: the tokens of a decode step.</summary>
    internal const int Batch = 48;

    /// <summary>Ranks.</summary>
    internal const int Ranks = 4;

    /// <summary>Tokens of a sequence.</summary>
    private const int Length = 80;

    private const int CalmSequences = 3 * Batch;
    private const int ShiftedSequences = 14 * Batch;
    private const int RecordedSequences = 2 * Batch;

    /// <summary>Tokens before the shift.</summary>
    internal const long CalmTokens = (long)CalmSequences * Length;

    /// <summary>Reads the texts that ship with the project.</summary>
    /// <exception cref="InputException">One is missing or too short.</exception>
    internal static LiveDemoTraffic Read(string folder)
    {
        return new LiveDemoTraffic(Text("english.txt"), Text("spanish.txt"), Text("code.txt"));

        byte[] Text(string name)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                throw new InputException(path, "file", "not found", "the text that ships with the project");
            var bytes = File.ReadAllBytes(path);
            return bytes.Length >= (RecordedSequences + CalmSequences + ShiftedSequences) / 2 * Length
                ? bytes
                : throw new InputException(path, "bytes", bytes.Length, "the text that ships with the project, whole");
        }
    }

    /// <summary>Writes the sequences from which the first placement is made: they are not served later.</summary>
    internal void WriteRecorded(string path) => Write(path, Passages(0, RecordedSequences, English, Spanish));

    /// <summary>Writes the sequences that are served.</summary>
    internal void WriteServed(string path) => Write(
        path, Passages(RecordedSequences, CalmSequences, English, Spanish).Concat(Passages(RecordedSequences + CalmSequences, ShiftedSequences, Spanish, Code)));

    /// <summary>Passages of two texts, each rank of the halves its own.</summary>
    private static IEnumerable<int[]> Passages(int first, int count, byte[] firstHalf, byte[] secondHalf) => Enumerable.Range(first, count).Select(s =>
    {
        var text = s % Ranks < Ranks / 2 ? firstHalf : secondHalf;
        return text.AsSpan((s / Ranks * (Ranks / 2) + s % (Ranks / 2)) * Length, Length).ToArray().Select(b => (int)b).ToArray();
    });

    private static void Write(string path, IEnumerable<int[]> sequences) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, sequences.ToArray()));
}
