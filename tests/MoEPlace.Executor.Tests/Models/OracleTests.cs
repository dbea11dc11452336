using MoEPlace.Executor.Models;
using MoEPlace.Torch;
using MoEPlace.Traces.Safetensors;
using Xunit;

namespace MoEPlace.Executor.Tests.Models;

/// <summary>Against logits and choices of an oracle in numpy, whose gates all decide by a clear margin (Fixtures/README.md).</summary>
public sealed class OracleTests
{
    public static TheoryData<string> AllLayouts => Layouts.All;

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void Logits_and_chosen_experts_are_those_of_the_oracle(string layout)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(Layouts.Folder(layout), "expected.safetensors"));
        using var model = Layouts.Load(Layouts.Folder(layout));
        using var scope = torch.NewDisposeScope();
        using var inference = torch.no_grad();
        var chosen = new List<long[]>();
        var weights = new List<float[]>();
        var logits = model.Forward(BatchOf(expected), null, (layer, choice) =>
        {
            Assert.Equal(chosen.Count, layer.Value);
            chosen.Add(choice.Experts.ToArray<long>());
            weights.Add(choice.Weights.ToArray<float>());
        });
        var wanted = Of<float>(expected, "logits");
        Assert.InRange(Layouts.Difference(wanted, logits.ToArray<float>(), model.Config.VocabularySize), 0, 1e-5);
        var (layers, choices) = (chosen.Count, model.Config.Choices);
        var (experts, shares) = (Of<int>(expected, "experts"), Of<float>(expected, "weights"));
        for (var i = 0; i < experts.Length; i++)
        {
            var (token, layer, place) = (i / choices / layers, i / choices % layers, i % choices);
            Assert.Equal(experts[i], chosen[layer][token * choices + place]);
            Assert.Equal(shares[i], weights[layer][token * choices + place], 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(AllLayouts))]
    public void In_bfloat16_the_logits_are_near(string layout)
    {
        using var expected = SafetensorsFile.Open(Path.Combine(Layouts.Folder(layout), "expected.safetensors"));
        using var model = Layouts.Load(Layouts.Folder(layout), type: ScalarType.BFloat16);
        using var scope = torch.NewDisposeScope();
        using var inference = torch.no_grad();
        var logits = model.Forward(BatchOf(expected), null).ToArray<float>();
        var wanted = Of<float>(expected, "logits");
        // Where rounding changes a choice a token changes much, so the mean is told.
        var (difference, size) = (0.0, 0.0);
        for (var i = 0; i < logits.Length; i++)
            (difference, size) = (difference + Math.Abs(logits[i] - wanted[i]), size + Math.Abs(wanted[i]));
        Assert.InRange(difference / size, 0, 0.1);
    }

    private static TokenBatch BatchOf(SafetensorsFile expected)
    {
        var (tokens, sequence) = (Of<int>(expected, "tokens"), Of<int>(expected, "sequence"));
        var bySequence = tokens.Zip(sequence).GroupBy(t => t.Second, t => t.First).OrderBy(g => g.Key);
        int[][] sequences = [.. bySequence.Select(g => g.ToArray())];
        return Batches.Prefill(sequences);
    }

    private static T[] Of<T>(SafetensorsFile file, string name)
        where T : unmanaged
    {
        var tensor = file.Header.Tensors[name];
        return file.Elements<T>(tensor, 0, (int)tensor.Elements).ToArray();
    }
}
