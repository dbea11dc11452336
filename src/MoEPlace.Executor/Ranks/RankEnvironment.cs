using System.Collections;
using System.Globalization;

namespace MoEPlace.Executor.Ranks;

/// <summary>
/// What a launcher tells a rank through its environment: torchrun's RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT, and where these are
/// missing Slurm's SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID and the first node of its list.
/// </summary>
/// <param name="Rank">This process's number, 0 to <paramref name="Size"/> - 1.</param>
/// <param name="Size">Processes, 1 or more.</param>
/// <param name="LocalRank">Its number among those on this machine: which device is its own.</param>
/// <param name="LocalSize">Processes on this machine, which share its cores.</param>
/// <param name="Host">Where the rendezvous store is served.</param>
/// <param name="Port">On which port.</param>
/// <param name="ServesStore">Whether this process serves the store: rank 0, unless its launcher does.</param>
/// <param name="Attempt">How often the launcher has restarted the job; every attempt has keys of its own in the store.</param>
public sealed record RankEnvironment(
    int Rank, int Size, int LocalRank, int LocalSize, string Host, int Port, bool ServesStore, int Attempt)
{
    /// <summary>The most ranks of a job.</summary>
    public const int MostRanks = 4096;

    private const int FirstSlurmPort = 20_000;
    private const int SlurmPorts = 10_000;

    /// <summary>Reads the environment of this process.</summary>
    public static RankEnvironment? Read() =>
        Read(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? ""));

    /// <summary>Reads an environment.</summary>
    /// <param name="variables">Variables by name.</param>
    /// <returns>null where no launcher has told anything.</returns>
    /// <exception cref="InputException">Variables are missing, out of range or contradict each other; every fault is told.</exception>
    public static RankEnvironment? Read(IReadOnlyDictionary<string, string> variables)
    {
        ArgumentNullException.ThrowIfNull(variables);
        var slurm = !variables.ContainsKey("RANK") && !variables.ContainsKey("WORLD_SIZE");
        if (slurm && !IsSlurmTask(variables))
            return null;
        var faults = new InputFaults("environment");
        var (rankName, sizeName, localName) = slurm ? ("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID") : ("RANK", "WORLD_SIZE", "LOCAL_RANK");
        var size = Number(sizeName, 1, MostRanks, null);
        var rank = Number(rankName, 0, (size ?? MostRanks) - 1, null);
        var local = Number(localName, 0, (size ?? MostRanks) - 1, rank);
        var localSize = Number("LOCAL_WORLD_SIZE", 1, size ?? MostRanks, null, optional: true) ?? TasksOnNode(variables) ?? size;
        faults.Require(!(local >= localSize), localName, local, $"0 to {localSize - 1}: {localSize} ranks are on this machine");
        var port = Number("MASTER_PORT", 1, ushort.MaxValue, slurm ? SlurmPort(variables) : null);
        var attempt = Number("TORCHELASTIC_RESTART_COUNT", 0, int.MaxValue, 0);
        var host = variables.GetValueOrDefault("MASTER_ADDR") ?? (slurm ? SlurmHost(variables) : null);
        faults.Require(!string.IsNullOrWhiteSpace(host), "MASTER_ADDR", host, "the name or address of the machine of rank 0");
        faults.ThrowIfAny();
        // torchrun says True where its own agent serves the store, and False where rank 0 is to.
        var served = variables.GetValueOrDefault("TORCHELASTIC_USE_AGENT_STORE") == bool.TrueString;
        return new RankEnvironment(
            rank!.Value, size!.Value, local!.Value, localSize!.Value, host!, port!.Value, rank == 0 && !served, attempt!.Value);

        int? Number(string name, int least, int most, int? missing, bool optional = false)
        {
            var text = variables.GetValueOrDefault(name);
            if (text is null && (missing is not null || optional))
                return missing;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                return value;
            faults.Add(name, text, $"a whole number from {least} to {most}");
            return null;
        }
    }

    /// <summary>The variables that tell this to a process.</summary>
    public IReadOnlyDictionary<string, string> ToVariables() => new Dictionary<string, string>
    {
        ["RANK"] = Rank.ToString(CultureInfo.InvariantCulture),
        ["WORLD_SIZE"] = Size.ToString(CultureInfo.InvariantCulture),
        ["LOCAL_RANK"] = LocalRank.ToString(CultureInfo.InvariantCulture),
        ["LOCAL_WORLD_SIZE"] = LocalSize.ToString(CultureInfo.InvariantCulture),
        ["MASTER_ADDR"] = Host,
        ["MASTER_PORT"] = Port.ToString(CultureInfo.InvariantCulture),
        ["TORCHELASTIC_USE_AGENT_STORE"] = ServesStore ? bool.FalseString : bool.TrueString,
        ["TORCHELASTIC_RESTART_COUNT"] = Attempt.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A task that srun started among others; a batch script has these variables too, but no step of its own.</summary>
    private static bool IsSlurmTask(IReadOnlyDictionary<string, string> variables) =>
        variables.ContainsKey("SLURM_PROCID") && variables.ContainsKey("SLURM_STEP_ID")
        && variables.GetValueOrDefault("SLURM_NTASKS") is { } tasks && tasks != "1";

    /// <summary>SLURM_TASKS_PER_NODE counts this node's tasks where all nodes have equally many, for example <c>4(x2)</c>.</summary>
    private static int? TasksOnNode(IReadOnlyDictionary<string, string> variables)
    {
        var text = variables.GetValueOrDefault("SLURM_STEP_TASKS_PER_NODE") ?? variables.GetValueOrDefault("SLURM_TASKS_PER_NODE");
        var first = text?.Split('(')[0];
        return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var tasks) && tasks > 0 ? tasks : null;
    }

    private static int? SlurmPort(IReadOnlyDictionary<string, string> variables) =>
        long.TryParse(variables.GetValueOrDefault("SLURM_JOB_ID"), NumberStyles.None, CultureInfo.InvariantCulture, out var job)
            ? FirstSlurmPort + (int)(job % SlurmPorts)
            : null;

    /// <summary>The first node of the step, where Slurm puts task 0; without a list the node that srun was called on.</summary>
    private static string? SlurmHost(IReadOnlyDictionary<string, string> variables)
    {
        string?[] lists =
        [
            variables.GetValueOrDefault("SLURM_STEP_NODELIST"), variables.GetValueOrDefault("SLURM_JOB_NODELIST"),
            variables.GetValueOrDefault("SLURM_NODELIST"),
        ];
        return Array.Find(lists, list => !string.IsNullOrEmpty(list)) is { } found
            ? FirstOf(found)
            : variables.GetValueOrDefault("SLURM_LAUNCH_NODE_IPADDR");
    }

    /// <summary>The first name of a list as Slurm writes it: <c>gpu[03-07,9],login</c> is gpu03.</summary>
    private static string FirstOf(string list)
    {
        var open = list.IndexOf('[', StringComparison.Ordinal);
        var comma = list.IndexOf(',', StringComparison.Ordinal);
        if (open < 0 || (comma >= 0 && comma < open))
            return list.Split(',')[0];
        var close = list.IndexOf(']', open);
        if (close < 0)
            return list[..open];
        var number = list[(open + 1)..close].Split(',', '-')[0];
        return list[..open] + number + list[(close + 1)..].Split(',')[0];
    }
}
