using System.Collections.Immutable;
using MoEPlace.Simulation.Devices.Fitting;
using Xunit;

namespace MoEPlace.Simulation.Tests.Devices;

public sealed class MeasuredTablesTests
{
    private const string Header = "device,num_gpus,bytes_per_rank,latency_ms";

    [Fact]
    public void Reads_rows_in_seconds()
    {
        var row = Assert.Single(Read(Header, "NVIDIA A100-SXM4-80GB,8,512,0.01582"));
        Assert.Equal(("A100", 8, 512.0), (row.Device, row.Gpus, row.BytesPerRank));
        Assert.Equal(15.82e-6, row.Seconds, 1e-12);
    }

    [Fact]
    public void Tells_every_fault_at_once_by_line_and_column()
    {
        var fault = Assert.Throws<InputException>(() => Read(
            Header, "NVIDIA H100 80GB HBM3,1,512,0.01", "AMD,2,-5,NaN", "NVIDIA H100 80GB HBM3,2,512", "NVIDIA H100 80GB HBM3,2,512,0.01"));
        foreach (var told in new[]
        {
            "line 2, num_gpus", "line 3, device", "line 3, bytes_per_rank", "line 3, latency_ms", "line 4",
        })
            Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.Equal(5, fault.Faults.Length);
    }

    [Theory]
    [InlineData("device,num_gpus,latency_ms", "x,2,1")]
    [InlineData(Header)]
    [InlineData]
    public void Rejects_another_table(params string[] lines) => Assert.Throws<InputException>(() => Read(lines));

    [Fact]
    public void Rejects_a_file_that_is_not_there() =>
        Assert.Throws<InputException>(() => MeasuredTables.ExpertKernels(Path.Combine(Path.GetTempPath(), "no", "such.csv")));

    private static ImmutableArray<NcclRow> Read(params string[] lines)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, lines);
            return MeasuredTables.Nccl(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
