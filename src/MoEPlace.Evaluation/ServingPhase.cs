namespace MoEPlace.Evaluation;

/// <summary>What the modelled step does with its tokens.</summary>
public enum ServingPhase
{
    /// <summary>Every token is the next one of its own sequence.</summary>
    Decode,

    /// <summary>The tokens are whole prompts.</summary>
    Prefill,
}
