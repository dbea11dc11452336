namespace MoEPlace.Simulation.Schedules;

/// <summary>What a token's hidden state is sent once for.</summary>
public enum CopyUnit
{
    /// <summary>Every one of its experts: the token travels top-k times, as in GShard's layout and DeepEP's low-latency kernels.</summary>
    Expert,

    /// <summary>Every rank that holds some of its experts.</summary>
    Rank,
}
