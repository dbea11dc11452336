using System.Diagnostics;
using System.Text.Json.Nodes;
using MoEPlace.Simulation.Scenarios;
using Xunit;

namespace MoEPlace.Cli.Tests;

public sealed class SweepCommandTests
{
    [Fact]
    public void Every_combination_is_run_once_and_gathered()
    {
        using var folder = new TempFolder();
        var ran = 0;
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            Interlocked.Increment(ref ran);
            return ScenarioFiles.Step(setting, name, description, placement, cancellation);
        };
        string[] line =
        [
            "sweep", ScenarioFiles.Write(folder), "--set", "work.tokensPerRank=2,4", "--set",
                "variants.other.placement.policy=random,round-robin", "-o", folder["out"],
        ];
        var first = ScenarioFiles.Run(step, TestContext.Current.CancellationToken, line);
        Assert.True(first.Code == 0, first.ToString());
        Assert.Equal(8, ran);
        var csv = File.ReadAllLines(folder["out/sweep.csv"]);
        Assert.StartsWith("point,work.tokensPerRank,variants.other.placement.policy,variant,stepSeconds", csv[0], StringComparison.Ordinal);
        Assert.Equal(
            ["0,2,random,base,8", "0,2,random,other,8", "1,2,round-robin,base,8", "1,2,round-robin,other,8", "2,4,random,base,16"],
            csv[1..6].Select(row => string.Join(',', row.Split(',')[..5])));
        var table = JsonNode.Parse(File.ReadAllText(folder["out/sweep.json"]))!;
        Assert.Equal(("moeplace.sweep/1", 8), ((string?)table["format"], table["rows"]!.AsArray().Count));

        // What is there is not run again; what is gone is.
        File.Delete(Directory.EnumerateFiles(folder["out/points"]).Order(StringComparer.Ordinal).First());
        var again = ScenarioFiles.Run(step, TestContext.Current.CancellationToken, line);
        Assert.Contains("4 points, 3 done before", again.Error, StringComparison.Ordinal);
        Assert.Equal(10, ran);
        Assert.Equal(csv, File.ReadAllLines(folder["out/sweep.csv"]));
    }

    [Fact]
    public void Null_is_a_value_that_is_swept_and_told()
    {
        using var folder = new TempFolder();
        var run = ScenarioFiles.Run(
            ScenarioFiles.Step, TestContext.Current.CancellationToken, "sweep", ScenarioFiles.Write(folder), "--set",
            "schedule.capacityFactor=null,1", "-o", folder["out"]);
        Assert.True(run.Code == 0, run.ToString());
        var csv = File.ReadAllLines(folder["out/sweep.csv"]);
        Assert.Equal(["0,null,base", "0,null,other", "1,1,base", "1,1,other"], csv[1..].Select(row => string.Join(',', row.Split(',')[..3])));
    }

    [Fact]
    public void An_interrupt_leaves_finished_points_and_the_sweep_goes_on_there()
    {
        using var folder = new TempFolder();
        using var interrupt = new CancellationTokenSource();
        var ran = 0;
        StepRunner step = (setting, name, description, placement, cancellation) =>
        {
            if (++ran == 3)
                interrupt.Cancel();
            cancellation.ThrowIfCancellationRequested();
            return ScenarioFiles.Step(setting, name, description, placement, cancellation);
        };
        string[] line = ["sweep", ScenarioFiles.Write(folder), "--jobs", "1", "-o", folder["out"]];
        Assert.Equal(130, ScenarioFiles.Run(step, interrupt.Token, line).Code);
        Assert.Single(Directory.EnumerateFiles(folder["out/points"]));
        Assert.False(File.Exists(folder["out/sweep.csv"]));
        var again = ScenarioFiles.Run(ScenarioFiles.Step, TestContext.Current.CancellationToken, line);
        Assert.Contains("3 points, 1 done before", again.Error, StringComparison.Ordinal);
        Assert.Equal(7, File.ReadAllLines(folder["out/sweep.csv"]).Length);
    }

    [Fact]
    public void Several_at_once_give_the_files_of_one_after_the_other()
    {
        using var folder = new TempFolder();
        var scenario = ScenarioFiles.Write(folder);
        foreach (var jobs in new[] { "1", "4" })
            CliRun.Done("sweep", scenario, "--jobs", jobs, "-o", folder[jobs]);
        var files = folder.Files().Where(f => f.StartsWith('1')).Select(f => f[2..]).ToArray();
        Assert.Equal(5, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(folder["1/" + file]), File.ReadAllBytes(folder["4/" + file])));
    }

    [Theory]
    [InlineData("--set work.steps=0", "steps = 0")]
    [InlineData("--set work.stops=1", "work.stops = 1")]
    [InlineData("--set colour=1", "colour")]
    [InlineData("--set work.steps=null", "work.steps")]
    [InlineData("--set work.steps", "--set = \"work.steps\"")]
    [InlineData("--jobs 0", "--jobs = 0")]
    [InlineData("--no-wait", "--no-wait = True", "--on slurm")]
    [InlineData("--slurm-option partition=x", "--slurm-option", "--on slurm")]
    [InlineData("--on slurm --slurm-option -x", "-x")]
    [InlineData("--point 3", "--point = 3", "0 to 2")]
    public void A_sweep_that_cannot_be_is_refused(string options, params string[] told)
    {
        using var folder = new TempFolder();
        CliRun.Of(["sweep", ScenarioFiles.Write(folder), "-o", folder["out"], .. options.Split(' ')]).Refused(told);
        Assert.Equal(["toy.json"], folder.Files());
    }

    [Fact]
    public void Jobs_of_an_array_fill_the_folder_and_are_gathered()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a shell stands in for sbatch");
        using var folder = new TempFolder();
        // One that runs what the script says, for every number of its array, where it is called.
        Sbatch(folder, """
            for script; do :; done
            echo 42
            array=$(sed -n 's/^#SBATCH --array=//p' "$script")
            case $array in 0-2) ids="0 1 2";; *) ids=$array;; esac
            for id in $ids; do SLURM_ARRAY_TASK_ID=$id sh "$script" >/dev/null || exit 1; done
            """);
        var scenario = ScenarioFiles.Write(folder);
        var first = Slurm(folder, "sweep", scenario, "--on", "slurm", "--slurm-option", "partition=cpu", "-o", folder["out"]);
        Assert.True(first.Code == 0, first.ToString());
        Assert.Contains("job 42, 3 points", first.Error, StringComparison.Ordinal);
        Assert.Contains("#SBATCH --partition=cpu\n", File.ReadAllText(folder["out/slurm/sweep.sbatch"]), StringComparison.Ordinal);
        CliRun.Done("sweep", scenario, "-o", folder["local"]);
        Assert.Equal(File.ReadAllBytes(folder["local/sweep.csv"]), File.ReadAllBytes(folder["out/sweep.csv"]));

        File.Delete(Directory.EnumerateFiles(folder["out/points"]).Order(StringComparer.Ordinal).ElementAt(1));
        Sbatch(folder, "for script; do :; done; grep -q -- '--array=1$' \"$script\" && echo 43");
        var unwaited = Slurm(folder, "sweep", scenario, "--on", "slurm", "--no-wait", "-o", folder["out"]);
        Assert.True(unwaited.Code == 0, unwaited.ToString());
        var failed = Slurm(folder, "sweep", scenario, "--on", "slurm", "-o", folder["out"]);
        Assert.Equal(3, failed.Code);
        Assert.Contains("1 of 3 points have no result, the first 1", failed.Error, StringComparison.Ordinal);
        Sbatch(folder, "echo 'no such partition' >&2; exit 1");
        var refused = Slurm(folder, "sweep", scenario, "--on", "slurm", "-o", folder["out"]);
        Assert.Equal(3, refused.Code);
        Assert.Contains("sbatch ended with 1: no such partition", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_sbatch_that_is_told()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["bin"]);
        var run = Slurm(folder, "sweep", ScenarioFiles.Write(folder), "--on", "slurm", "-o", folder["out"]);
        Assert.Equal(2, run.Code);
        Assert.Contains("sweep: --on = \"slurm\"; allowed: a machine with sbatch on its PATH", run.Error, StringComparison.Ordinal);
    }

    private static void Sbatch(TempFolder folder, string body)
    {
        Directory.CreateDirectory(folder["bin"]);
        File.WriteAllText(folder["bin/sbatch"], "#!/bin/sh\n" + body + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder["bin/sbatch"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static CliRun Slurm(TempFolder folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "MoEPlace.Cli"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{folder["bin"]}:/usr/bin:/bin";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
