using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Tests.Results;

public sealed class ValidationCheckTests
{
    private static readonly ValidationCase Case = new("a", 10, 0.4, 0.8, 10, 0.5, 0.8, 1, 1.1, 1.2, 0.3);

    private static readonly ValidationResult Good = new(
        "affinity", "gpuCrossingFraction", 3, 0.5, ValidationFolds.Of([Case, Case]), [Case], [Case],
        new ValidationDrift(0.4, 0.8, 0.25, [new(0, 10, 0.4, 0.5, 0.8)]),
        LearningCurve.Of(10, 0.8, [new(1, 10, 0.4, 0.6), new(2, 20, 0.4, 0.5)]), ["phases: none"], ["it falls"]);

    public static TheoryData<string> Breaches => [.. Broken.Keys];

    private static Dictionary<string, ValidationResult> Broken { get; } = new()
    {
        ["validation.measure"] = Good with { Measure = "joy" },
        ["validation.solves"] = Good with { Solves = 0 },
        ["validation.secondsPerSolve"] = Good with { SecondsPerSolve = double.NaN },
        ["validation.folds.cases"] = Good with { Folds = Good.Folds! with { Cases = [Case] } },
        ["validation.folds.heldOutMean"] = Good with { Folds = Good.Folds! with { HeldOutMean = -1 } },
        ["validation.folds.heldOutGainMean"] = Good with { Folds = Good.Folds! with { HeldOutGainMean = 2 } },
        ["validation.domains"] = Good with { Domains = default },
        ["validation.domains[0]"] = Good with { Domains = [null!] },
        ["validation.domains[0].name"] = Good with { Domains = [Case with { Name = " " }] },
        ["validation.domains[0].heldOutTokens"] = Good with { Domains = [Case with { HeldOutTokens = 0 }] },
        ["validation.phases[0].heldOut"] = Good with { Phases = [Case with { HeldOut = double.PositiveInfinity }] },
        ["validation.phases[0].specialised"] = Good with { Phases = [Case with { Specialised = -1 }] },
        ["validation.drift.earlyShare"] = Good with { Drift = Good.Drift! with { EarlyShare = 0 } },
        ["validation.drift.windows"] = Good with { Drift = Good.Drift! with { Windows = [] } },
        ["validation.drift.windows[0].early"] = Good with { Drift = Good.Drift! with { Windows = [new(0, 10, 0.4, -0.5, 0.8)] } },
        ["validation.learning.points"] = Good with { Learning = Good.Learning! with { Points = Good.Learning.Points[..1] } },
        ["validation.learning.points[1].tokens"] = Good with
        {
            Learning = Good.Learning! with { Points = [Good.Learning.Points[0], new(2, 0, 0.4, 0.5)] },
        },
        ["validation.leftOut[0]"] = Good with { LeftOut = [""] },
        ["validation.warnings"] = Good with { Warnings = default },
    };

    [Fact]
    public void A_valid_validation_has_no_fault() => Assert.Empty(Faults(Good));

    [Theory]
    [MemberData(nameof(Breaches))]
    public void Every_breach_is_named_by_its_field(string field) => Assert.Contains(Faults(Broken[field]), f => f.Field == field);

    [Theory]
    [InlineData(100L, 0.50, 0.50, 0.50)]
    [InlineData(200L, 0.60, 0.506, 0.50)]
    [InlineData(null, 0.60, 0.507, 0.50)]
    [InlineData(null, 0.50, 0.60, 0.50)]
    public void Enough_tokens_are_those_from_which_on_the_gain_stays(long? expected, double first, double second, double third) =>
        Assert.Equal(
            expected,
            LearningCurve.Of(10, 0.8, [new(1, 100, 0, first), new(2, 200, 0, second), new(3, 400, 0, third)]).EnoughTokens);

    private static List<InputFault> Faults(ValidationResult validation)
    {
        var faults = new InputFaults("r.json");
        ValidationCheck.Check(validation, faults);
        return [.. faults.ToImmutable()];
    }
}
