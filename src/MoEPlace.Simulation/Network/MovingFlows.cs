namespace MoEPlace.Simulation.Network;

/// <summary>The flows of a pool on their way at their fair rates, from one end of a flow to the next.</summary>
internal abstract class MovingFlows
{
    /// <summary>Flows that have not ended.</summary>
    internal int Alive { get; private protected set; }

    /// <summary>Picoseconds until the next flow ends.</summary>
    internal double Step { get; private protected set; }

    /// <summary>Takes flows over and finds their rates.</summary>
    /// <param name="flows">Kept until <see cref="TakeBack"/>.</param>
    /// <param name="remaining">[flows] bytes that links have yet to move for each; read only.</param>
    /// <param name="count">How many flows.</param>
    /// <param name="links">All links that they use, each once, and perhaps others.</param>
    internal abstract void Place(Flow[] flows, double[] remaining, int count, List<int> links);

    /// <summary>Lets a step pass, ends the flows that end with it, and finds the rates of the others.</summary>
    /// <param name="epoch">An instant, picoseconds.</param>
    /// <param name="time">Picoseconds from there to the end of the step.</param>
    /// <param name="ended">Receives the flows that have ended.</param>
    internal abstract void End(long epoch, double time, List<EndedFlow> ended);

    /// <summary>Lets a part of a step pass and gives the flows back: those that have not ended, in their order.</summary>
    /// <param name="span">Picoseconds, less than <see cref="Step"/>.</param>
    /// <param name="flows">Those of <see cref="Place"/>; receives what is left of them.</param>
    /// <param name="remaining">Receives the bytes that links have yet to move for each.</param>
    /// <returns>How many flows.</returns>
    internal abstract int TakeBack(double span, Flow[] flows, double[] remaining);
}
