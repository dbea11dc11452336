using Xunit;

namespace MoEPlace.Cli.Tests;

public sealed class TableTests
{
    [Theory]
    [InlineData(266400, "266,400")]
    [InlineData(383400.4, "383,400")]
    [InlineData(0.84123, "0.84")]
    [InlineData(1.2, "1.2")]
    [InlineData(0.000044123, "0.000044")]
    [InlineData(0, "0")]
    [InlineData(-1234.5, "-1,235")]
    public void Figures_are_told_without_an_exponent_and_with_digits_in_groups(double value, string told) =>
        Assert.Equal(told, SimulationTables.Plain(value, 2));

    [Theory]
    [InlineData(15_984, "4.44 h")]
    [InlineData(36_000_000, "10,000.00 h")]
    [InlineData(3_599, "3599.000 s")]
    [InlineData(0.0025, "2.500 ms")]
    public void Times_of_hours_are_told_in_hours(double seconds, string told) => Assert.Equal(told, MeasureTable.Seconds(seconds));

    [Fact]
    public void A_bare_name_that_is_no_file_offers_the_shipped_scenarios()
    {
        foreach (var name in new[] { "slow-nick", "slow-nick.json", "toy.txt" })
        {
            var fault = Assert.Throws<InputException>(() => ScenarioFolder.Find(name)).Faults[0];
            Assert.Contains("slow-nic, ", fault.Allowed, StringComparison.Ordinal);
        }
        Assert.Equal(Path.Combine("nowhere", "toy.json"), ScenarioFolder.Find(Path.Combine("nowhere", "toy.json")));
    }
}
