using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Running;

/// <summary>How a job is run.</summary>
public sealed record RunOptions
{
    /// <summary>Which experts stand on which rank; as many ranks as the group has.</summary>
    public required ExpertPlacement Placement { get; init; }

    /// <summary>Where a token's hidden state lives between layers. Default: home.</summary>
    public Residency Residency { get; init; } = Residency.Home;

    /// <summary>Whether the loss is measured on every id that the job gives, which takes the logits of every token. Default: true.</summary>
    public bool MeasureLoss { get; init; } = true;

    /// <summary>Takes the logits of every token as they are computed; null for none. The same on all ranks.</summary>
    public LogitsSink? Logits { get; init; }

    /// <summary>Takes what each step sampled, on every rank, before its next step; null for nobody.</summary>
    public SampledSink? Sampled { get; init; }

    /// <summary>Where routing is recorded: a journal that all ranks write; null for none.</summary>
    public string? JournalFolder { get; init; }

    /// <summary>What makes the run take placements while it runs; null for one that keeps its own.</summary>
    public LiveOptions? Live { get; init; }

    /// <summary>Takes what the gates chose for the tokens of this rank, after every step that had some; residency home. Null for nobody.</summary>
    public Action<RoutedTokens>? Routed { get; init; }

    /// <summary>Told on rank 0 of every step that has run; null for nobody.</summary>
    public Action<DoneStep>? StepDone { get; init; }

    /// <summary>Told on rank 0 after every step: tokens that have run, and tokens that will at most.</summary>
    public Action<long, long>? Progress { get; init; }
}
