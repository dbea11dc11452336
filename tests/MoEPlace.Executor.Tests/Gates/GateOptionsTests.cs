using System.Text.Json;
using MoEPlace.Executor.Gates;
using Xunit;

namespace MoEPlace.Executor.Tests.Gates;

public sealed class GateOptionsTests
{
    [Fact]
    public void Every_kind_reads_what_it_wrote()
    {
        foreach (var kind in Enum.GetValues<GateKind>())
        {
            var options = new GateOptions { Kind = kind, BalanceCoefficient = 0.02, Threshold = 0.7, NullExperts = 3, Seed = 9, Domains = ["a", "b"] };
            var text = GateOptionsJson.Write(options).ToJsonString();
            Assert.Equal(text, GateOptionsJson.Write(Read(text)).ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"kind":"top_p","threshold":1.5,"entropy_coefficient":-1}""", "threshold", "entropy_coefficient")]
    [InlineData("""{"kind":"top_p","state_width":4,"threshold":"high"}""", "state_width", "threshold")]
    [InlineData("""{"kind":"best"}""", "kind", "top_p, null_experts")]
    [InlineData("""{"kind":"null_experts","null_experts":0,"z_coefficient":-2}""", "null_experts", "z_coefficient")]
    [InlineData("""{"kind":"domain","domains":["a","b","c","d","e"]}""", "at most 4", "num_experts_per_tok")]
    [InlineData("""{"kind":"domain"}""", "domains", "1 to 255")]
    [InlineData("""{"kind":"recurrent","state_width":2.5,"z_coefficient":null}""", "state_width", "z_coefficient")]
    [InlineData("3", "moeplace_gate", "object")]
    public void Refuses_what_a_kind_does_not_take(string text, string first, string second)
    {
        var fault = Assert.Throws<InputException>(() => Read(text));
        Assert.Contains("config.json", fault.Message, StringComparison.Ordinal);
        Assert.Contains(first, fault.Message, StringComparison.Ordinal);
        Assert.Contains(second, fault.Message, StringComparison.Ordinal);
    }

    private static GateOptions Read(string text)
    {
        var faults = new InputFaults("config.json");
        using var document = JsonDocument.Parse(text);
        var options = GateOptionsJson.Read(document.RootElement, faults, 8, 2);
        faults.ThrowIfAny();
        return options;
    }
}
