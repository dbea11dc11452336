namespace MoEPlace.Placement.Validation;

/// <summary>What a placement was judged to be on some tokens.</summary>
/// <param name="Measure">The measure that is compared.</param>
/// <param name="Imbalance">Busiest rank over mean, mean over layers.</param>
internal readonly record struct JudgedValue(double Measure, double Imbalance);
