namespace MoEPlace.Traces.Importers;

/// <summary>What every import may be told.</summary>
/// <param name="Output">The trace or load file to write; nothing stands there when the import fails.</param>
public abstract record ImportOptions(string Output)
{
    /// <summary>
    /// A <c>config.json</c>, a model file of ours, or a built-in name (<see cref="Models.ModelConfig"/>); null when unknown.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>Model layer ids of the layers that are imported, for example <c>1-26</c>; null: those of the model.</summary>
    public string? MoeLayers { get; init; }

    /// <summary>Where the recording comes from, for people; null: the name of the first file.</summary>
    public string? Source { get; init; }

    /// <summary>Under which licence the recording may be used; null: unknown.</summary>
    public string? Licence { get; init; }

    /// <summary>The name of the one domain that all tokens belong to; null: none. Load files have no domains.</summary>
    public string? Domain { get; init; }

    /// <summary>
    /// True when each token's experts are known to stand in order of weight, highest first. Engines do not promise it; without it and
    /// without weights, measures that need a top-1 expert are refused.
    /// </summary>
    public bool ChoicesByWeight { get; init; }
}
