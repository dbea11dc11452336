namespace MoEPlace.Traces.Journals;

/// <summary>What a frame of a journal holds.</summary>
internal enum JournalFrameKind : ushort
{
    /// <summary>What tokens of a step are: written once a token.</summary>
    Tokens = 1,

    /// <summary>What a gate chose for tokens of a step in one layer.</summary>
    Choices = 2,

    /// <summary>The last frame of a rank that came to its end.</summary>
    End = 3,
}
