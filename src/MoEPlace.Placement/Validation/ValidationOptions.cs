using System.Collections.Immutable;

namespace MoEPlace.Placement.Validation;

/// <summary>How finely a validation divides the recording.</summary>
public sealed record ValidationOptions
{
    /// <summary>Folds of the cross-validation, 2 to 100; fewer where there are fewer sequences. Default: 5.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Windows of the test part, 1 to 1,000; fewer where one would have less than 256 tokens. Default: 16.</summary>
    public int Windows { get; init; } = 16;

    /// <summary>The share of the training part that the early placement is solved on, above 0, at most 1. Default: 1/4.</summary>
    public double EarlyShare { get; init; } = 0.25;

    /// <summary>Domains that are held out at most, those with the most tokens, 2 to 256. Default: 32.</summary>
    public int MostDomains { get; init; } = 32;

    /// <summary>
    /// The shares of the training part's sequences that the learning curve solves on, rising, between 0 and 1; the whole is added.
    /// Default: 1/32, 1/16, 1/8, 1/4, 1/2.
    /// </summary>
    public ImmutableArray<double> LearningShares { get; init; } = [1.0 / 32, 1.0 / 16, 1.0 / 8, 1.0 / 4, 1.0 / 2];

    /// <summary>Checks every option.</summary>
    /// <exception cref="InputException">An option is out of its range; every fault is told.</exception>
    public void Validate()
    {
        var faults = new InputFaults("validate");
        faults.Require(Folds is >= 2 and <= 100, "folds", Folds, "2 to 100");
        faults.Require(Windows is >= 1 and <= 1000, "windows", Windows, "1 to 1,000");
        faults.Require(EarlyShare is > 0 and <= 1, "early share", EarlyShare, "above 0, at most 1");
        faults.Require(MostDomains is >= 2 and <= 256, "most domains", MostDomains, "2 to 256");
        var last = 0.0;
        foreach (var share in LearningShares.IsDefault ? [] : LearningShares)
        {
            faults.Require(share > last && share < 1, "learning shares", share, "rising, between 0 and 1");
            last = share;
        }
        faults.ThrowIfAny();
    }
}
