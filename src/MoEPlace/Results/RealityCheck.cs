namespace MoEPlace.Results;

/// <summary>The one place that says what a valid reality result is.</summary>
public static class RealityCheck
{
    private const double MostSeconds = 3_600;

    /// <summary>
    /// Notes every breach: links of valid clusters, and settings, that are there; each setting once, and it and the migration on a link that is
    /// told; times above 0, at most an hour and in order, bytes not negative; as many steps of a migration as are told of.
    /// </summary>
    /// <param name="result">What to check; strings and lists may be missing here, as files can say anything.</param>
    /// <param name="faults">Where to note it.</param>
    public static void Check(RealityResult result, InputFaults faults)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(result.Format == RealityResult.FormatName, "format", result.Format, $"\"{RealityResult.FormatName}\"");
        faults.Require(result.Nodes is >= 1 and <= 65_536, "nodes", result.Nodes, "1 to 65,536");
        faults.Require(result.RanksPerNode is >= 1 and <= 1_024, "ranksPerNode", result.RanksPerNode, "1 to 1,024");
        faults.Require(!result.Settings.IsDefaultOrEmpty, "settings", "[]", "at least one");
        var links = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, link) in SimulationCheck.Each(result.Links, "links", faults))
        {
            var named = faults.Require(!string.IsNullOrWhiteSpace(link.Name), $"links[{i}].name", link.Name, "a name");
            faults.Require(!named || links.Add(link.Name), $"links[{i}].name", link.Name, "a name that no other link has");
            faults.Require(
                link.StatedBytesPerSecond is null || Above(link.StatedBytesPerSecond.Value), $"links[{i}].statedBytesPerSecond",
                link.StatedBytesPerSecond, "above 0, or null");
            Positive($"links[{i}].measuredBytesPerSecond", link.MeasuredBytesPerSecond, faults);
            if (faults.Require(link.Cluster is not null, $"links[{i}].cluster", null, "a cluster"))
                CheckCluster(link.Cluster!, $"links[{i}].cluster.", faults);
        }
        var settings = new HashSet<(string, string, int)>();
        foreach (var (i, setting) in SimulationCheck.Each(result.Settings, "settings", faults))
        {
            var at = $"settings[{i}]";
            CheckSetting(setting, links, at, faults);
            faults.Require(settings.Add((setting.Link, setting.Placement, setting.TokensPerStep)), at, setting.Placement,
                "a link, placement and batch that no other setting has");
        }
        if (result.Migration is { } migration)
            CheckMigration(migration, links, "migration", faults);
    }

    private static void CheckCluster(Cluster cluster, string at, InputFaults faults)
    {
        var own = new InputFaults(faults.File);
        cluster.Check(own);
        faults.AddRange(own.ToImmutable().Select(fault => fault with { Field = at + fault.Field }));
    }

    private static void CheckSetting(RealitySetting setting, HashSet<string> links, string at, InputFaults faults)
    {
        faults.Require(setting.Link is not null && links.Contains(setting.Link), at + ".link", setting.Link, "the name of a link");
        faults.Require(!string.IsNullOrWhiteSpace(setting.Placement), at + ".placement", setting.Placement, "a name");
        faults.Require(setting.TokensPerStep >= 1, at + ".tokensPerStep", setting.TokensPerStep, "1 or more");
        faults.Require(setting.Steps >= 1, at + ".steps", setting.Steps, "1 or more");
        var (median, low, high) = (setting.MeasuredSeconds, setting.MeasuredP10, setting.MeasuredP90);
        if (Seconds(at + ".measuredSeconds", median, faults) & Seconds(at + ".measuredP10", low, faults)
            & Seconds(at + ".measuredP90", high, faults))
        {
            faults.Require(low <= median, at + ".measuredP10", low, $"at most measuredSeconds ({InputFaults.Show(median)})");
            faults.Require(high >= median, at + ".measuredP90", high, $"at least measuredSeconds ({InputFaults.Show(median)})");
        }
        Seconds(at + ".simulatedSeconds", setting.SimulatedSeconds, faults);
        faults.Require(setting.MeasuredLinkBytes >= 0, at + ".measuredLinkBytes", setting.MeasuredLinkBytes, "0 or more");
        faults.Require(setting.EvaluatedLinkBytes >= 0, at + ".evaluatedLinkBytes", setting.EvaluatedLinkBytes, "0 or more");
        faults.Require(setting.AdapterBytes is null or >= 0, at + ".adapterBytes", setting.AdapterBytes, "0 or more, or null");
        foreach (var (i, phase) in SimulationCheck.Each(setting.Phases, at + ".phases", faults))
        {
            faults.Require(!string.IsNullOrWhiteSpace(phase.Phase), $"{at}.phases[{i}].phase", phase.Phase, "a name");
            NotNegative($"{at}.phases[{i}].measuredSeconds", phase.MeasuredSeconds, faults);
            NotNegative($"{at}.phases[{i}].simulatedSeconds", phase.SimulatedSeconds, faults);
        }
    }

    private static void CheckMigration(RealityMigration migration, HashSet<string> links, string at, InputFaults faults)
    {
        faults.Require(migration.Link is not null && links.Contains(migration.Link), at + ".link", migration.Link, "the name of a link");
        faults.Require(migration.Experts >= 1, at + ".experts", migration.Experts, "1 or more");
        faults.Require(
            migration.ExpertsMoved >= 0 && migration.ExpertsMoved <= migration.Experts, at + ".expertsMoved", migration.ExpertsMoved,
            $"0 to {migration.Experts}, all experts");
        faults.Require(migration.BytesMoved >= 0, at + ".bytesMoved", migration.BytesMoved, "0 or more");
        faults.Require(migration.BytesPerStep >= 0, at + ".bytesPerStep", migration.BytesPerStep, "0 or more");
        Positive(at + ".linkBytesPerSecond", migration.LinkBytesPerSecond, faults);
        if (!faults.Require(!migration.StepSeconds.IsDefaultOrEmpty, at + ".stepSeconds", "[]", "at least one step"))
            return;
        foreach (var (i, seconds) in migration.StepSeconds.Index())
            Seconds($"{at}.stepSeconds[{i}]", seconds, faults);
        var steps = migration.StepSeconds.Length;
        Length(at + ".moving", migration.Moving.IsDefault ? 0 : migration.Moving.Length, steps, faults);
        Length(at + ".epoch", migration.Epoch.IsDefault ? 0 : migration.Epoch.Length, steps, faults);
    }

    private static void Length(string field, int length, int steps, InputFaults faults) =>
        faults.Require(length == steps, field, length, $"{steps}, as many as steps");

    private static bool Above(double value) => double.IsFinite(value) && value > 0;

    private static bool Seconds(string field, double value, InputFaults faults) =>
        faults.Require(value is > 0 and <= MostSeconds, field, value, "above 0, to 3,600 seconds");

    private static void Positive(string field, double value, InputFaults faults) =>
        faults.Require(Above(value), field, value, "a finite number above 0");

    private static void NotNegative(string field, double value, InputFaults faults) =>
        faults.Require(double.IsFinite(value) && value >= 0, field, value, "a finite number, 0 or more");
}
