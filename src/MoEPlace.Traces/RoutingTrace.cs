using System.Runtime.InteropServices;
using MoEPlace.Traces.Safetensors;

namespace MoEPlace.Traces;

/// <summary>
/// A trace file, mapped into memory: per token and layer the experts that the gate chose, rows in the order in which the run executed
/// them. Opening it checks every expert id and weight once.
/// </summary>
public sealed class RoutingTrace : IDisposable
{
    /// <summary>Stands for no expert: a gate that chose fewer than top-k.</summary>
    public const ushort NoExpert = ushort.MaxValue;

    private const int CheckedAtOnce = 1 << 24;
    private readonly SafetensorsFile file;
    private readonly SafetensorsTensor experts;
    private readonly SafetensorsTensor sequence;
    private readonly SafetensorsTensor position;
    private readonly SafetensorsTensor? weights;
    private readonly SafetensorsTensor? step;
    private readonly SafetensorsTensor? home;
    private readonly SafetensorsTensor? phase;
    private readonly SafetensorsTensor? domain;

    private RoutingTrace(SafetensorsFile file, string? name = null)
    {
        this.file = file;
        Path = name ?? file.Path;
        Header = TraceHeader.FromMetadata(file.Header.Metadata, file.Path);
        var faults = new InputFaults(file.Path);
        Tokens = file.Header.Tensors.TryGetValue("sequence", out var first) && first.Shape.Length == 1 ? first.Shape[0] : 0;
        faults.Require(Tokens >= 1, "sequence", Tokens, "one entry per token, at least one token");
        experts = Column("expert_ids", Experts > byte.MaxValue ? "U16" : "U8", true)!;
        sequence = Column("sequence", "I32", true)!;
        position = Column("position", "I32", true)!;
        weights = Column("gate_weights", "F16", false);
        step = Column("step", "I32", false);
        home = Column("home", "U16", false);
        phase = Column("phase", "U8", false);
        domain = Column("domain", "U8", false);
        faults.ThrowIfAny();
        CheckExperts(faults);
        CheckWeights(faults);
        faults.ThrowIfAny();

        SafetensorsTensor? Column(string name, string dtype, bool required)
        {
            if (!file.Header.Tensors.TryGetValue(name, out var tensor))
            {
                faults.Require(!required, name, null, $"a tensor of {dtype}");
                return null;
            }
            var expected = name is "expert_ids" or "gate_weights" ? $"[{Tokens}, {Layers}, {TopK}]" : $"[{Tokens}]";
            var shape = $"[{string.Join(", ", tensor.Shape)}]";
            faults.Require(tensor.DType == dtype, $"{name}.dtype", tensor.DType, dtype + (name == "expert_ids" ? $" for {Experts} experts" : ""));
            faults.Require(shape == expected, $"{name}.shape", shape, expected + " (tokens, layers, top-k)");
            return tensor;
        }
    }

    /// <summary>What it says of itself.</summary>
    public TraceHeader Header { get; }

    /// <summary>The file; of a journal its folder.</summary>
    public string Path { get; }

    /// <summary>The model that was run.</summary>
    public MoEModel Model => Header.Model;

    /// <summary>Rows.</summary>
    public long Tokens { get; }

    /// <summary>Number of MoE layers.</summary>
    public int Layers => Model.Layers;

    /// <summary>Choices per token and layer.</summary>
    public int TopK => Model.TopK;

    /// <summary>Logical experts per layer.</summary>
    public int Experts => Model.Experts;

    /// <summary>True when a top-1 can be told: by weight, or because choices stand in order of weight.</summary>
    public bool HasTopOne => weights is not null || Header.ChoiceOrder == ChoiceOrder.ByWeight;

    /// <summary>The optional columns that it has.</summary>
    public TraceColumns Columns =>
        (weights is null ? 0 : TraceColumns.GateWeights) | (step is null ? 0 : TraceColumns.Step) | (home is null ? 0 : TraceColumns.Home)
        | (phase is null ? 0 : TraceColumns.Phase) | (domain is null ? 0 : TraceColumns.Domain);

    /// <summary>SHA-256 of the file, in lower-case hexadecimal.</summary>
    public string Digest => file.Digest;

    /// <summary>Opens and checks a trace.</summary>
    /// <exception cref="InputException">It is not a valid trace; every fault is told.</exception>
    public static RoutingTrace Open(string path) => SafetensorsFile.Open(path, file => new RoutingTrace(file));

    /// <summary>Opens a file that goes when the trace is disposed, or at once when it is refused.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What the trace calls itself instead.</param>
    internal static RoutingTrace OpenTemporary(string path, string name) =>
        SafetensorsFile.Open(path, file => new RoutingTrace(file, name), temporary: true);

    /// <summary>Bytes of one stored expert id: 1 up to 255 experts, else 2.</summary>
    public int ExpertIdBytes => Experts > byte.MaxValue ? 2 : 1;

    /// <summary>[count, layers, topK] as stored in one byte each. Only where <see cref="ExpertIdBytes"/> is 1; 255 is no expert.</summary>
    public ReadOnlySpan<byte> NarrowExperts(long token, int count) => file.Elements<byte>(experts, token * Layers * TopK, count * Layers * TopK);

    /// <summary>[count, layers, topK] as stored in two bytes each. Only where <see cref="ExpertIdBytes"/> is 2.</summary>
    public ReadOnlySpan<ushort> WideExperts(long token, int count) => file.Elements<ushort>(experts, token * Layers * TopK, count * Layers * TopK);

    /// <summary>[count, layers, topK] gate weights; empty when there are none.</summary>
    public ReadOnlySpan<Half> GateWeights(long token, int count) => Cells<Half>(weights, token, count, Layers * TopK);

    /// <summary>[count] sequence numbers.</summary>
    public ReadOnlySpan<int> Sequence(long token, int count) => Cells<int>(sequence, token, count, 1);

    /// <summary>[count] places in the sequence.</summary>
    public ReadOnlySpan<int> Position(long token, int count) => Cells<int>(position, token, count, 1);

    /// <summary>[count] batch numbers; empty when there are none.</summary>
    public ReadOnlySpan<int> Step(long token, int count) => Cells<int>(step, token, count, 1);

    /// <summary>[count] home ranks; empty when there are none.</summary>
    public ReadOnlySpan<ushort> Home(long token, int count) => Cells<ushort>(home, token, count, 1);

    /// <summary>[count] 0 prefill, 1 decode; empty when there are none.</summary>
    public ReadOnlySpan<byte> Phase(long token, int count) => Cells<byte>(phase, token, count, 1);

    /// <summary>[count] domain numbers; empty when there are none.</summary>
    public ReadOnlySpan<byte> Domain(long token, int count) => Cells<byte>(domain, token, count, 1);

    /// <summary>Copies the experts of some tokens into 16 bits each, <see cref="NoExpert"/> for none.</summary>
    /// <param name="token">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="destination">[count, layers, topK].</param>
    public void CopyExperts(long token, int count, Span<ushort> destination)
    {
        if (ExpertIdBytes == 2)
        {
            WideExperts(token, count).CopyTo(destination);
            return;
        }
        var source = NarrowExperts(token, count);
        for (var i = 0; i < source.Length; i++)
            destination[i] = source[i] == byte.MaxValue ? NoExpert : source[i];
    }

    /// <summary>The top-1 expert of some tokens: the highest weight, the lowest index on ties; without weights the first choice.</summary>
    /// <param name="token">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="choices">[count, layers, topK] as <see cref="CopyExperts"/> gives them.</param>
    /// <param name="destination">[count, layers]; <see cref="NoExpert"/> where a token has none.</param>
    /// <exception cref="InvalidOperationException">This trace has no top-1.</exception>
    public void CopyTopOne(long token, int count, ReadOnlySpan<ushort> choices, Span<ushort> destination)
    {
        if (!HasTopOne)
            throw new InvalidOperationException("The trace has neither gate weights nor choices by weight.");
        var bits = MemoryMarshal.Cast<Half, short>(GateWeights(token, count));
        for (int cell = 0, first = 0; cell < count * Layers; cell++, first += TopK)
        {
            var best = -1;
            var bestOrder = int.MinValue;
            for (var j = 0; j < TopK; j++)
            {
                if (choices[first + j] == NoExpert)
                    continue;
                // Sign and magnitude turned into two's complement: finite halves order as these integers, with -0 = +0.
                var order = bits.IsEmpty ? 0 : bits[first + j] >= 0 ? bits[first + j] : -(bits[first + j] & 0x7FFF);
                if (order > bestOrder)
                    (best, bestOrder) = (j, order);
            }
            destination[cell] = best < 0 ? NoExpert : choices[first + best];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    private ReadOnlySpan<T> Cells<T>(SafetensorsTensor? tensor, long token, int count, int perToken)
        where T : unmanaged => tensor is null ? default : file.Elements<T>(tensor, token * perToken, count * perToken);

    private void CheckExperts(InputFaults faults)
    {
        if (ExpertIdBytes == 1)
            Scan<byte>(experts, ids => Experts == byte.MaxValue ? -1 : IndexOutside(ids, (byte)(Experts - 1)), "expert_ids", faults);
        else
            Scan<ushort>(experts, ids => IndexOutside(ids, (ushort)(Experts - 1)), "expert_ids", faults);
    }

    private static int IndexOutside<T>(ReadOnlySpan<T> ids, T last)
        where T : unmanaged, System.Numerics.IMinMaxValue<T>, System.Numerics.INumber<T>
    {
        var span = ids;
        var passed = 0;
        while (true)
        {
            var at = span.IndexOfAnyExceptInRange(T.Zero, last);
            if (at < 0)
                return -1;
            if (span[at] != T.MaxValue)
                return passed + at;
            passed += at + 1;
            span = span[(at + 1)..];
        }
    }

    private void CheckWeights(InputFaults faults)
    {
        if (weights is not null)
            Scan<Half>(weights, IndexNotFinite, "gate_weights", faults);
    }

    private static int IndexNotFinite(ReadOnlySpan<Half> values)
    {
        // All exponent bits set: infinite or not a number. Two checks per 16 bits without branches; the position only on a hit.
        var bits = MemoryMarshal.Cast<Half, ushort>(values);
        var any = false;
        foreach (var b in bits)
            any |= (b & 0x7C00) == 0x7C00;
        if (!any)
            return -1;
        for (var i = 0; i < bits.Length; i++)
            if ((bits[i] & 0x7C00) == 0x7C00)
                return i;
        return -1;
    }

    private delegate int FirstFault<T>(ReadOnlySpan<T> values);

    private void Scan<T>(SafetensorsTensor tensor, FirstFault<T> firstFault, string name, InputFaults faults)
        where T : unmanaged
    {
        for (long first = 0, all = tensor.Elements; first < all; first += CheckedAtOnce)
        {
            var part = file.Elements<T>(tensor, first, (int)Math.Min(CheckedAtOnce, all - first));
            var at = firstFault(part);
            if (at < 0)
                continue;
            var cell = first + at;
            var field = $"{name}[{cell / (Layers * TopK)}, {cell / TopK % Layers}, {cell % TopK}]";
            faults.Add(field, part[at], name == "expert_ids" ? $"0 to {Experts - 1} (experts - 1), or all ones for no expert" : "a finite number");
            return;
        }
    }
}
