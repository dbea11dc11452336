using MoEPlace.Executor.Running;
using Xunit;

namespace MoEPlace.Executor.Tests.Running;

public sealed class TokenChoicesTests
{
    [Theory]
    [InlineData("3:0.2 1:0.7 2:0.1", 1)]
    [InlineData("3:0.5 1:0.50001", 3)]
    [InlineData("8:0.9 5:0.05 4:0.02", 5)]
    [InlineData("-1:0 8:0.4 6:0", 6)]
    [InlineData("-1:0 9:0.4", -1)]
    [InlineData("2:-0.3 7:-0.1", 7)]
    public void Top_1_is_the_real_expert_that_weighs_most_in_16_bits_and_the_first_on_ties(string told, int top)
    {
        var pairs = told.Split(' ').Select(pair => pair.Split(':')).ToArray();
        var choices = new TokenChoices(
            [.. pairs.Select(pair => int.Parse(pair[0], null))], [.. pairs.Select(pair => float.Parse(pair[1], null))], pairs.Length, 8);
        Assert.Equal(top, choices.TopOne(0));
    }
}
