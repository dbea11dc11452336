using MoEPlace.Service.Routing;

namespace MoEPlace.Service.Tests;

/// <summary>Made-up routing: sequences of some topics, each of which prefers experts of its own that follow each other from layer to layer.</summary>
internal sealed class MadeRouting
{
    private readonly SeedStream random;
    private readonly int ranks;
    private readonly int[] preferred;
    private int nextSequence;

    internal MadeRouting(long seed, MoEModel model, int ranks, int topics = 8)
    {
        (Model, this.ranks) = (model, ranks);
        random = new SeedStream(seed, "made-routing");
        preferred = new int[topics * model.Layers];
        for (var i = 0; i < preferred.Length; i++)
            preferred[i] = random.Next(model.Experts);
        Topics = topics;
    }

    internal MoEModel Model { get; }

    internal int Topics { get; }

    /// <summary>Sequences of a length, their tokens interleaved, of topics from a range.</summary>
    internal RoutedRows Next(int sequences, int length, int firstTopic, int topics)
    {
        var (layers, topK) = (Model.Layers, Model.TopK);
        var rows = sequences * length;
        var made = new RoutedRows(rows, new int[rows], new int[rows], new ushort[rows], new byte[rows], new ushort[rows * layers * topK]);
        int[] topicOf = [.. Enumerable.Range(0, sequences).Select(_ => firstTopic + random.Next(topics))];
        for (var row = 0; row < rows; row++)
        {
            var sequence = row % sequences;
            made.Sequence[row] = nextSequence + sequence;
            made.Position[row] = row / sequences;
            made.Home[row] = (ushort)(made.Sequence[row] % ranks);
            made.Phase[row] = (byte)(made.Position[row] < 4 ? 0 : 1);
            for (var layer = 0; layer < layers; layer++)
                Choose(made.Experts.AsSpan((row * layers + layer) * topK, topK), topicOf[sequence], layer);
        }
        nextSequence += sequences;
        return made;
    }

    private void Choose(Span<ushort> to, int topic, int layer)
    {
        for (var k = 0; k < to.Length; k++)
        {
            ushort expert;
            do
                expert = (ushort)(random.Next(10) < 7 ? (preferred[topic * Model.Layers + layer] + random.Next(to.Length + 1)) % Model.Experts : random.Next(Model.Experts));
            while (to[..k].Contains(expert));
            to[k] = expert;
        }
    }
}
