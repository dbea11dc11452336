using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using MoEPlace.Reports.Simulations;
using MoEPlace.Results;
using Xunit;

namespace MoEPlace.Reports.Tests;

public sealed partial class SimulationFindingsTests
{
    private static readonly SimulatedVariant Plain = MadeUpStep.Variant("plain") with { Timeline = null };
    private static readonly string[] Names = ["attention", "dense", "shared", "experts", "dispatch", "combine", "gradient", "load", "wait", "new"];

    [Fact]
    public void Contributions_add_up_to_the_difference_of_the_steps()
    {
        var random = new SeedStream(1, "contributions");
        for (var round = 0; round < 500; round++)
        {
            var section = Section(Random(random, "a"), Random(random, "b"));
            var change = StepChange.Between(section.Variants[0], section.Variants[1])!;
            Assert.True(
                Math.Abs(change.Saved.Sum(s => s.Seconds) - (change.Before - change.After)) < 1e-12 * (change.Before + change.After),
                $"round {round}");
            Assert.Equal(change.Saved.Length, change.Saved.Select(s => s.Part).Distinct().Count());
            foreach (var variant in section.Variants)
                Assert.Equal(variant.Step!.Value, StepChange.Parts(variant.Result, variant.Step.Value).Sum(p => p.Seconds), 1e-12);
        }
    }

    [Fact]
    public void No_ratio_and_no_share_is_told_larger_than_it_is()
    {
        var random = new SeedStream(2, "told");
        for (var round = 0; round < 2_000; round++)
        {
            var (share, ratio) = (random.NextDouble(), 1 + 150 * random.NextDouble() * random.NextDouble() * random.NextDouble());
            Assert.InRange(Number(SimulationFindings.Share(share)) / 100, share - 0.0101, share + 1e-9);
            Assert.InRange(Number(SimulationFindings.Times(ratio)), ratio - (ratio >= 100 ? 1 : 0.0101), ratio + 1e-9);
        }
        for (var round = 0; round < 2_000; round++)
        {
            var ratio = Math.Exp(12 * (random.NextDouble() - 0.5));
            var told = Number(MeasureRatio.Text(ratio));
            Assert.True(
                ratio >= 1 ? told <= ratio * (1 + 1e-9) && told >= 1 : told >= ratio * (1 - 1e-7) && told <= 1, $"round {round}: {ratio}, told {told}");
            Assert.True(Math.Abs(told / ratio - 1) < 0.11, $"round {round}: {ratio}, told {told}");
        }
        Assert.Equal(["0.58", "0.013", "0.00", "1.00", "1.73", "266,400"], new[] { 0.571, 0.0123, 0, 1.0099, 1.739, 266_400.9 }.Select(r => MeasureRatio.Text(r)));
        Assert.Equal("86\u00A0%", SimulationFindings.Share(0.8699));
        Assert.Equal("9.9\u00A0%", SimulationFindings.Share(0.09949));
        Assert.Equal("1.42", SimulationFindings.Times(1.4299));
        Assert.Equal("1.10", SimulationFindings.Times(1.1));
    }

    [Fact]
    public void What_is_told_as_faster_is_faster_and_by_as_much()
    {
        var random = new SeedStream(3, "faster");
        for (var round = 0; round < 300; round++)
        {
            var section = Section(Random(random, "a"), Random(random, "b"));
            var (before, after) = (section.Variants[0].Step!.Value, section.Variants[1].Step!.Value);
            var told = SimulationFindings.Compare(section, section.Variants[1]);
            Assert.Equal(before / after >= 1.01, told.Contains("× faster", StringComparison.Ordinal));
            Assert.Equal(after / before >= 1.01, told.Contains("× as long", StringComparison.Ordinal));
            if (Told().Match(told) is { Success: true } match)
                Assert.InRange(Number(match.Groups[1].Value), 1, Math.Max(before / after, after / before) + 1e-9);
            Assert.DoesNotContain("NaN", told, StringComparison.Ordinal);
            Assert.DoesNotContain("∞", told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_difference_is_told_with_its_causes_what_works_against_it_and_what_is_hidden()
    {
        var section = Section(
            Exchanging(0.005, Variant(
                "plain", 0.0121, 4e9, [new("experts", 0.005, 0.006, 0.005), new("dispatch", 0.005, 0.005, 0.005), new("wait", 0.002, 0.003, 0.002)])),
            Exchanging(0.0017, Variant(
                "two parts", 0.0085, 2.5e9,
                [new("experts", 0.0053, 0.006, 0.0053), new("dispatch", 0.005, 0.005, 0.0017), new("wait", 0.0015, 0.003, 0.0015)])));
        Assert.Equal(
            "two parts: step 1.42× faster than plain (12.1 ms → 8.50 ms): exposed exchange fell by 3.30 ms (91 % of the gain), "
                + "waiting for other ranks by 500 µs (13 % of the gain), the rest by 100 µs (2.7 % of the gain); against it, experts grew by 300 µs. "
                + "Hidden behind computation: 3.30 ms of 5.00 ms of exchange (before: 0 s of 5.00 ms). 37 % fewer bytes between nodes",
            SimulationFindings.Compare(section, section.Variants[1]).Replace('\u00A0', ' '));
        Assert.Equal(
            "plain: a step takes 12.1 ms, of which experts 5.00 ms (41 %), exposed exchange 5.00 ms (41 %), "
                + "waiting for other ranks 2.00 ms (16 %)",
            SimulationFindings.Made(section.Variants[0]).Replace('\u00A0', ' '));

        static SimulatedVariant Exchanging(double exposed, SimulatedVariant variant) => With(
            With(variant, SimulationMeasure.ExchangeSeconds, 0.005), SimulationMeasure.ExposedExchangeSeconds, exposed);
    }

    [Fact]
    public void Unequal_tokens_are_told_by_tokens_a_second()
    {
        var section = Section(
            Variant("one", 0.01, 0, []) with { TokensPerStep = 1000 },
            With(Variant("two", 0.0105, 1e9, []) with { TokensPerStep = 2000 }, SimulationMeasure.TokensPerSecond, 2000 / 0.0105));
        var told = SimulationFindings.Compare(section, section.Variants[1]).Replace('\u00A0', ' ');
        Assert.StartsWith(
            "two: step takes 1.05× as long as with one (10.0 ms → 10.5 ms) for 2,000 tokens instead of 1,000, 1.90× as many tokens a second", told);
        Assert.EndsWith("1.00 GB where there were none between nodes", told);
        Assert.Equal("two", section.Fastest.Name);
    }

    [Fact]
    public void The_table_tells_the_ratios_of_the_words_and_per_token_where_tokens_differ()
    {
        var same = Section(Variant("one", 0.01, 4e9, []), Variant("two", 0.01739, 1e9, []));
        Assert.Contains("1.73×", SimulationFindings.Compare(same, same.Variants[1]), StringComparison.Ordinal);
        var html = SimulatedMeasures.Ratios(same).ToHtml();
        Assert.Contains(">1.73<", html, StringComparison.Ordinal);
        Assert.Contains(">0.25<", html, StringComparison.Ordinal);
        var other = Section(Variant("one", 0.01, 4e9, []), Variant("two", 0.01739, 4e9, []) with { TokensPerStep = 4000 });
        html = SimulatedMeasures.Ratios(other).ToHtml();
        Assert.Contains("per token", html, StringComparison.Ordinal);
        Assert.Contains(">0.44<", html, StringComparison.Ordinal);
        Assert.Contains(">0.25<", html, StringComparison.Ordinal);
        Assert.EndsWith("75 % fewer bytes of each token between nodes",
            SimulationFindings.Compare(other, other.Variants[1]).Replace('\u00A0', ' '), StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_steps_and_unmeasured_ones_are_told_so()
    {
        var section = Section(Variant("a", 0.01, 1, []), Variant("b", 0.01, 1, []), Variant("c", 0.01001, 1, []), Variant("d", 0, 1, []),
            Variant("e", 1, 1, []) with { Measures = ImmutableSortedDictionary<string, double>.Empty });
        string[] told = [.. section.Variants.Skip(1).Select(v => SimulationFindings.Compare(section, v).Replace('\u00A0', ' '))];
        Assert.Equal("b: step as with a (10.0 ms)", told[0]);
        Assert.Equal("c: step within 1 % of a (10.0 ms → 10.0 ms)", told[1]);
        Assert.Equal("d: step 10.0 ms → 0 s", told[2]);
        Assert.Equal("e: its step was not measured", told[3]);
    }

    private static SimulationSection Section(params SimulatedVariant[] variants) => new(MadeUpSimulation.Of([.. variants]), 1, alone: true);

    private static SimulatedVariant Random(SeedStream random, string name)
    {
        PhaseTime[] phases = [.. Names.Where(_ => random.Next(3) > 0).Select(phase =>
        {
            var busy = random.NextDouble();
            return new PhaseTime(phase, busy, busy * 1.2, busy * random.NextDouble());
        })];
        var step = Math.Max(0.01, phases.Sum(p => p.ExposedSeconds) * (0.9 + 0.3 * random.NextDouble()));
        return Variant(name, step, 1e9 * random.NextDouble(), phases);
    }

    private static SimulatedVariant Variant(string name, double step, double interNodeBytes, PhaseTime[] phases)
    {
        var measures = new Dictionary<string, double>
        {
            [SimulationMeasure.StepSeconds] = step,
            [SimulationMeasure.TokensPerSecond] = step > 0 ? 1000 / step : 0,
            [SimulationMeasure.InterNodeBytes] = interNodeBytes,
        };
        return Plain with
        {
            Name = name,
            Measures = measures.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Phases = [.. phases],
            TokensPerStep = 1000,
        };
    }

    private static SimulatedVariant With(SimulatedVariant variant, string measure, double value) =>
        variant with { Measures = variant.Measures.SetItem(measure, value) };

    private static double Number(string told) => double.Parse(told.Replace("\u00A0%", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    [GeneratedRegex("([0-9.]+)× (?:faster|as long)")]
    private static partial Regex Told();
}
