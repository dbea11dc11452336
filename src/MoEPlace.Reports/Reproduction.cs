using System.Globalization;
using System.Text;

namespace MoEPlace.Reports;

/// <summary>The commands that give the numbers of a section again.</summary>
internal static class Reproduction
{
    private static readonly string[] Solvable =
        ["affinity", "exflow", "moetuner", "grace", "cooccurrence", "eplb", "contiguous", "round-robin", "random"];

    /// <summary>One line per command; <c>TRACE</c> stands for the file with the digest that the section names.</summary>
    internal static string Commands(ReportSection section)
    {
        var result = section.Result;
        var preset = result.Cluster.Split(':')[0];
        var shape = $"{result.Nodes}x{result.RanksPerNode}";
        var cluster = PlainText.ShellArgument(ClusterPresets.Find(preset) is null ? shape : $"{preset}:{shape}");
        var residency = PlainText.ShellArgument(result.Residency);
        var split = PlainText.ShellArgument(result.Split);
        var commands = new StringBuilder("sha256sum TRACE\n");
        for (var i = 0; i < section.Placements.Length; i++)
        {
            var placement = section.Placements[i].Result;
            var file = $"placement-{i + 1}.json";
            commands.Append(CultureInfo.InvariantCulture, $"\n# {PlainText.Clean(section.Placements[i].Name, 100)}\n");
            if (placement.Solve is { } solve && Solvable.Contains(placement.Policy))
            {
                commands.Append(CultureInfo.InvariantCulture,
                    $"./moeplace place TRACE --cluster {cluster} --policy {placement.Policy}");
                if (placement.Policy == "affinity")
                    commands.Append(CultureInfo.InvariantCulture,
                        $" --objective {PlainText.ShellArgument(solve.ObjectiveName)} --residency {residency}");
                if (placement.MaxImbalance is { } limit)
                    commands.Append(CultureInfo.InvariantCulture, $" --max-imbalance {limit}");
                if (placement.SolvedOn is { } on)
                    commands.Append(CultureInfo.InvariantCulture, $" --split {PlainText.ShellArgument(on)}");
                commands.Append(CultureInfo.InvariantCulture, $" --seed {placement.Seed} -o {file}\n");
            }
            commands.Append(CultureInfo.InvariantCulture,
                $"./moeplace evaluate TRACE {file} --cluster {cluster} --residency {residency} --split {split}\n");
        }
        return commands.ToString();
    }
}
