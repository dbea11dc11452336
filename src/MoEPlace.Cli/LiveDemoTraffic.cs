using System.Text.Json;

namespace MoEPlace.Cli;

/// <summary>
/// What the live demo serves: at first English on all ranks; then readers of Spanish come, whom a front end sends to the second half of the ranks. Sequence
/// s lives on rank s mod ranks.
/// </summary>
/// <param name="English">[bytes] English text.</param>
/// <param name="Spanish">[bytes] Spanish text.</param>
internal sealed record LiveDemoTraffic(byte[] English, byte[] Spanish)
{
    /// <summary>Sequences at the same time, over all ranks: the tokens of a decode step.</summary>
    internal const int Batch = 48;

    /// <summary>Ranks.</summary>
    internal const int Ranks = 4;

    /// <summary>Tokens of a sequence.</summary>
    private const int Length = 96;

    private const int CalmSequences = 3 * Batch;
    private const int ShiftedSequences = 14 * Batch;
    private const int RecordedSequences = 2 * Batch;

    /// <summary>Tokens before the shift.</summary>
    internal const long CalmTokens = (long)CalmSequences * Length;

    /// <summary>Reads the texts that ship with the project.</summary>
    /// <exception cref="InputException">One is missing or too short.</exception>
    internal static LiveDemoTraffic Read(string folder)
    {
        return new LiveDemoTraffic(Text("english.txt"), Text("spanish.txt"));

        byte[] Text(string name)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path))
                throw new InputException(path, "file", "not found", "the text that ships with the project");
            var bytes = File.ReadAllBytes(path);
            return bytes.Length >= (RecordedSequences + CalmSequences + ShiftedSequences / 2) * Length
                ? bytes
                : throw new InputException(path, "bytes", bytes.Length, "the text that ships with the project, whole");
        }
    }

    /// <summary>Writes the sequences from which the first placement is made: English that is not served later.</summary>
    internal void WriteRecorded(string path) => Write(path, Enumerable.Range(0, RecordedSequences).Select(s => Passage(English, s)));

    /// <summary>Writes the sequences that are served.</summary>
    internal void WriteServed(string path)
    {
        var (english, spanish) = (RecordedSequences, 0);
        Write(path, Enumerable.Range(0, CalmSequences + ShiftedSequences).Select(s =>
            s >= CalmSequences && s % Ranks >= Ranks / 2 ? Passage(Spanish, spanish++) : Passage(English, english++)));
    }

    private static int[] Passage(byte[] text, int number) => [.. text.AsSpan(number * Length, Length).ToArray().Select(b => (int)b)];

    private static void Write(string path, IEnumerable<int[]> sequences) => OutputFile.Write(path, stream => JsonSerializer.Serialize(stream, sequences.ToArray()));
}
