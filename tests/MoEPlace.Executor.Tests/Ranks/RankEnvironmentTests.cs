using MoEPlace.Executor.Ranks;
using Xunit;

namespace MoEPlace.Executor.Tests.Ranks;

public sealed class RankEnvironmentTests
{
    [Fact]
    public void Nothing_told_is_no_rank() => Assert.Null(Of("PATH=/bin"));

    [Theory]
    [InlineData("RANK=2 WORLD_SIZE=4 LOCAL_RANK=2 MASTER_ADDR=10.0.0.1 MASTER_PORT=29500", 2, 4, 2, 4, "10.0.0.1", 29500, false)]
    [InlineData("RANK=0 WORLD_SIZE=4 MASTER_ADDR=h MASTER_PORT=1", 0, 4, 0, 4, "h", 1, true)]
    [InlineData("RANK=0 WORLD_SIZE=4 MASTER_ADDR=h MASTER_PORT=1 TORCHELASTIC_USE_AGENT_STORE=False", 0, 4, 0, 4, "h", 1, true)]
    [InlineData("RANK=0 WORLD_SIZE=4 MASTER_ADDR=h MASTER_PORT=1 TORCHELASTIC_USE_AGENT_STORE=True", 0, 4, 0, 4, "h", 1, false)]
    [InlineData("RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=4 MASTER_ADDR=h MASTER_PORT=9", 5, 8, 1, 4, "h", 9, false)]
    [InlineData(
        "SLURM_PROCID=3 SLURM_NTASKS=8 SLURM_LOCALID=1 SLURM_STEP_ID=0 SLURM_JOB_ID=41234 SLURM_STEP_NODELIST=gpu[03-07,9],login "
        + "SLURM_TASKS_PER_NODE=2(x4)", 3, 8, 1, 2, "gpu03", 21234, false)]
    [InlineData(
        "SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_LOCALID=0 SLURM_STEP_ID=1 MASTER_PORT=7 SLURM_NODELIST=a,b[1-2]", 0, 2, 0, 2, "a", 7, true)]
    [InlineData(
        "SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_STEP_ID=1 MASTER_PORT=7 SLURM_LAUNCH_NODE_IPADDR=10.1.1.1", 0, 2, 0, 2, "10.1.1.1", 7, true)]
    public void Reads_what_torchrun_and_slurm_tell(
        string told, int rank, int size, int local, int localSize, string host, int port, bool serves) =>
        Assert.Equal(new RankEnvironment(rank, size, local, localSize, host, port, serves, 0), Of(told));

    [Theory]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=1 SLURM_STEP_ID=0 SLURM_JOB_ID=7")]
    public void A_batch_script_and_a_single_task_are_no_ranks(string told) => Assert.Null(Of(told));

    [Fact]
    public void What_is_told_is_read_back()
    {
        var environment = new RankEnvironment(3, 4, 3, 4, "127.0.0.1", 4711, false, 2);
        Assert.Equal(environment, RankEnvironment.Read(environment.ToVariables()));
    }

    [Theory]
    [InlineData("RANK=4 WORLD_SIZE=4 MASTER_ADDR=h MASTER_PORT=1", "RANK = \"4\"; allowed: a whole number from 0 to 3")]
    [InlineData("RANK=1 MASTER_ADDR=h MASTER_PORT=1", "WORLD_SIZE = missing")]
    [InlineData("WORLD_SIZE=2", "RANK = missing", "MASTER_ADDR = missing", "MASTER_PORT = missing")]
    [InlineData("RANK=x WORLD_SIZE=0 MASTER_ADDR= MASTER_PORT=70000", "RANK = \"x\"", "WORLD_SIZE = \"0\"", "MASTER_ADDR = \"\"", "70000")]
    [InlineData("RANK=0 WORLD_SIZE=4 LOCAL_RANK=2 LOCAL_WORLD_SIZE=2 MASTER_ADDR=h MASTER_PORT=1", "LOCAL_RANK = 2; allowed: 0 to 1")]
    [InlineData("SLURM_PROCID=9 SLURM_NTASKS=2 SLURM_STEP_ID=1 SLURM_NODELIST=a SLURM_JOB_ID=3", "SLURM_PROCID = \"9\"")]
    public void Contradictions_are_told_all_at_once(string told, params string[] faults)
    {
        var thrown = Assert.Throws<InputException>(() => Of(told));
        Assert.All(faults, fault => Assert.Contains(fault, thrown.Message, StringComparison.Ordinal));
    }

    private static RankEnvironment? Of(string told) => RankEnvironment.Read(
        told.Split(' ').Select(word => word.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
}
