using MoEPlace.Service.Decisions;
using MoEPlace.Traces;
using Xunit;

namespace MoEPlace.Service.Tests.Decisions;

/// <summary>Whether another placement is worth it.</summary>
public sealed class DeciderTests(ITestOutputHelper output)
{
    [Fact]
    public void Tells_a_plan_that_is_worth_it_with_all_its_figures()
    {
        var decision = Decide(MadeDecision.Input());
        foreach (var line in decision.Reasons.Concat(decision.Changes))
            output.WriteLine(line);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(decision.ToJson()));
        Assert.Equal(Verdict.Apply, decision.Verdict);
    }

    private static Decision Decide(DecisionInput input, Action<string>? write = null)
    {
        using var folder = new TemporaryFolder();
        (write ?? (path => MadeDecision.Write(path, 1, input.Model)))(folder.File("window.safetensors"));
        using var trace = RoutingTrace.Open(folder.File("window.safetensors"));
        return Decider.Decide(input, trace, TestContext.Current.CancellationToken);
    }
}
