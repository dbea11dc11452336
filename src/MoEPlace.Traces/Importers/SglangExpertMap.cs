namespace MoEPlace.Traces.Importers;

/// <summary>
/// Which logical expert stood in a physical slot, per hidden layer. It is the map at the time of the dump: if the engine rebalanced
/// while it recorded, earlier records are read by a map that was not theirs yet, and nothing in the files tells.
/// </summary>
internal sealed class SglangExpertMap
{
    private readonly long[] logical;

    private SglangExpertMap(long[] logical, int hiddenLayers, int slots)
    {
        (this.logical, HiddenLayers, Slots) = (logical, hiddenLayers, slots);
        Experts = (int)logical.Max() + 1;
    }

    internal int HiddenLayers { get; }

    internal int Slots { get; }

    /// <summary>Largest logical id + 1.</summary>
    internal int Experts { get; }

    internal ReadOnlySpan<long> Layer(int hiddenLayer) => logical.AsSpan(hiddenLayer * Slots, Slots);

    /// <summary>Reads the map of all dumps.</summary>
    /// <exception cref="InputException">A map is not one, or ranks disagree.</exception>
    internal static SglangExpertMap Read(List<SglangDump> dumps, MoEModel? model)
    {
        SglangExpertMap? first = null;
        foreach (var dump in dumps)
        {
            const string key = "last_physical_to_logical_map";
            var tensor = dump.Fields.Tensor(key, "hidden layers", "slots");
            var values = dump.Read(tensor);
            var (layers, slots) = (tensor.Shape[0], tensor.Shape[1]);
            if (layers is < 1 or > 10_000 || slots < 1)
                throw new InputException(dump.Path, key, tensor.ShapeText, "[hidden layers, slots], at most 10,000 layers");
            var most = model?.Experts ?? MoEModel.MostExperts;
            var outside = values.AsSpan().IndexOfAnyExceptInRange(0, most - 1);
            if (outside >= 0)
                throw new InputException(dump.Path, $"{key}[{outside / slots}, {outside % slots}]", values[outside], $"0 to {most - 1} (experts - 1)");
            if (first is not null && (layers != first.HiddenLayers || !values.AsSpan().SequenceEqual(first.logical)))
                throw new InputException(dump.Path, key, "another map", $"the map of {dumps[0].Path}: all files must be of one dump");
            first ??= new SglangExpertMap(values, (int)layers, (int)slots);
        }
        return first!;
    }
}
