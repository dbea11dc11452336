namespace MoEPlace.Traces.Importers;

/// <summary>The tokens of one record, without their experts: positions, and which of them follow each other.</summary>
internal sealed class SglangBatch
{
    private const int Extend = 1;
    private const int Decode = 2;
    private const int Mixed = 3;
    private const int Idle = 4;

    private SglangBatch(SglangRecord record)
    {
        var fields = record.Fields;
        var mode = (int)fields.Integer("forward_mode", 0, int.MaxValue);
        if (mode is not (Extend or Decode or Mixed or Idle))
            throw new InputException(
                record.Dump.Path, fields.Field("forward_mode"), mode,
                "1 extend, 2 decode, 3 mixed or 4 idle; speculative decoding is not read");
        var positions = fields.Integers("positions");
        Tokens = fields.IntegerList("input_ids").Count;
        if (positions.Length != Tokens)
            throw new InputException(
                record.Dump.Path, fields.Field("positions"), positions.Length, $"{Tokens} positions, one per token of input_ids");
        var outside = positions.IndexOfAnyExceptInRange(0, int.MaxValue - 1);
        if (outside >= 0)
            throw new InputException(record.Dump.Path, $"{fields.Field("positions")}[{outside}]", positions[outside], "0 or more");
        Positions = positions.ToArray();
        Lengths = mode == Decode ? [.. Enumerable.Repeat(1, Tokens)] : Segments(record);
        Phases = new byte[Tokens];
        var at = 0;
        foreach (var length in Lengths)
        {
            // Of a mixed batch, one token that does not begin a prompt is a decode step.
            if (mode == Decode || (mode == Mixed && length == 1 && Positions[at] > 0))
                Phases[at] = 1;
            at += length;
        }
    }

    internal int Tokens { get; }

    internal long[] Positions { get; }

    /// <summary>Tokens of each request, in batch order; their sum is <see cref="Tokens"/>.</summary>
    internal int[] Lengths { get; }

    /// <summary>0 prefill, 1 decode.</summary>
    internal byte[] Phases { get; }

    internal static SglangBatch Read(SglangRecord record) => new(record);

    private int[] Segments(SglangRecord record)
    {
        var told = record.Fields.IntegersOrNone("extend_seq_lens");
        if (told is null)
            return Consecutive();
        var field = record.Fields.Field("extend_seq_lens");
        var lengths = told.Integers;
        var outside = lengths.IndexOfAnyExceptInRange(0, Tokens);
        if (outside >= 0)
            throw new InputException(record.Dump.Path, $"{field}[{outside}]", lengths[outside], $"0 to {Tokens}, the tokens of the record");
        var result = new List<int>();
        var sum = 0L;
        foreach (var length in lengths)
        {
            sum += length;
            if (length > 0)
                result.Add((int)length);
        }
        return sum == Tokens ? [.. result] : throw new InputException(
            record.Dump.Path, field, sum, $"lengths that add up to {Tokens}, the tokens of the record");
    }

    private int[] Consecutive()
    {
        var result = new List<int>();
        for (var i = 0; i < Tokens; i++)
        {
            if (i > 0 && Positions[i] == Positions[i - 1] + 1)
                result[^1]++;
            else
                result.Add(1);
        }
        return [.. result];
    }
}
