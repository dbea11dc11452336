using System.Collections.Immutable;
using MoEPlace.Traces;

namespace MoEPlace.Placement.Validation;

/// <summary>The parts of a validation that hold some tokens out and solve on the others: folds, domains, phases.</summary>
internal static class HeldOutParts
{
    /// <summary>Folds by sequence: ordinal mod folds, so that every fold has some sequences of each subject.</summary>
    internal static ImmutableArray<HeldOutPlan> Folds(ValidationRun run, TraceSlice slice, int folds, List<string> leftOut)
    {
        var sequences = SliceParts.Sequences(slice);
        var count = Math.Min(folds, sequences.Length);
        if (count < 2)
        {
            leftOut.Add($"folds: the {slice.Selection} split has one sequence");
            return [];
        }
        return
        [
            .. Enumerable.Range(0, count).Select(fold =>
            {
                var name = $"fold {fold + 1} of {count}";
                var others = SliceParts.OfSequences(slice, $"without {name}", sequences.Where((_, i) => i % count != fold));
                var own = SliceParts.OfSequences(slice, name, sequences.Where((_, i) => i % count == fold));
                return new HeldOutPlan(name, run.Plan(others, own), own, null);
            }),
        ];
    }

    /// <summary>Every domain against all others, in order of number.</summary>
    internal static ImmutableArray<HeldOutPlan> Domains(ValidationRun run, TraceSlice slice, int most, List<string> leftOut)
    {
        var names = slice.Trace.Header.Domains;
        var counts = SliceParts.CountBytes(slice, slice.Trace.Domain);
        var present = Enumerable.Range(0, counts.Length).Where(d => counts[d] > 0).ToArray();
        if (present.Length < 2)
        {
            leftOut.Add(counts.Length == 0
                ? "domains: the trace has no domain column; trace import --domain gives it one"
                : $"domains: all tokens of the {slice.Selection} split are of one domain, {Name(present[0])}");
            return [];
        }
        var held = present.OrderByDescending(d => counts[d]).Take(most).Order().ToArray();
        if (held.Length < present.Length)
            leftOut.Add($"domains: only the {held.Length} largest of {present.Length} are held out");
        return
        [
            .. held.Select(d => Plan(
                run, slice, Name(d), $"without domain {Name(d)}", $"domain {Name(d)}", slice.Trace.Domain, (byte)d)),
        ];

        string Name(int domain) => domain < names.Length && !string.IsNullOrWhiteSpace(names[domain]) ? names[domain] : $"number {domain}";
    }

    /// <summary>Prefill under the placement of decode, and the other way round.</summary>
    internal static ImmutableArray<HeldOutPlan> Phases(ValidationRun run, TraceSlice slice, List<string> leftOut)
    {
        var counts = SliceParts.CountBytes(slice, slice.Trace.Phase);
        if (counts.Length == 0 || counts[0] == 0 || counts[1] == 0)
        {
            leftOut.Add(counts.Length == 0 ? "phases: the trace does not tell prefill from decode (no phase column)"
                : $"phases: all tokens of the {slice.Selection} split are {(counts[0] > 0 ? "prefill" : "decode")}");
            return [];
        }
        // In two steps, so that each phase is solved once: what is held out in one case is what the other is solved on.
        var prefill = SliceParts.OfByte(slice, "prefill", slice.Trace.Phase, 0, holds: true);
        var decode = SliceParts.OfByte(slice, "decode", slice.Trace.Phase, 1, holds: true);
        return
        [
            new HeldOutPlan("prefill", run.Plan(decode, prefill), prefill, run.Plan(prefill)),
            new HeldOutPlan("decode", run.Plan(prefill, decode), decode, run.Plan(decode)),
        ];
    }

    private static HeldOutPlan Plan(
        ValidationRun run, TraceSlice slice, string name, string without, string alone, SliceParts.ByteColumn column, byte value)
    {
        var others = SliceParts.OfByte(slice, without, column, value, holds: false);
        var own = SliceParts.OfByte(slice, alone, column, value, holds: true);
        return new HeldOutPlan(name, run.Plan(others, own), own, run.Plan(own));
    }
}
