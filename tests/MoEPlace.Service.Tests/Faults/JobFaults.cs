namespace MoEPlace.Service.Tests.Faults;

/// <summary>What goes wrong in a job.</summary>
internal sealed record JobFaults
{
    /// <summary>Whether the new placement changes what the model says.</summary>
    public bool BadCanary { get; init; }

    /// <summary>Whether steps on the new placement are far slower than promised.</summary>
    public bool SlowSteps { get; init; }

    /// <summary>How likely an attempt is given up at a wave, 0 to 1.</summary>
    public double GivesUp { get; init; }

    /// <summary>Told of each point that is passed; true ends the life there.</summary>
    public Func<JobPoint, bool> Strike { get; init; } = _ => false;

    /// <summary>Of what is drawn.</summary>
    public long Seed { get; init; }
}
