using System.Text.Json;
using MoEPlace.Simulation.Devices;
using MoEPlace.Simulation.Devices.Fitting;

namespace MoEPlace.Benchmarks;

/// <summary>
/// How far are the fitted constants from what was measured, from rows that a fit did not see, and from published figures of larger
/// clusters that no fit saw? The baseline of each error is its limit.
/// </summary>
internal static class FidelityBenchmark
{
    internal static int Run(string[] args)
    {
        var (folder, refitOnly) = Parse(args);
        var curves = FittedCurves.Of(Measurements.Read(folder));
        var committed = DeviceConstants.Fitted;
        var refit = FittedCurves.Refit(curves, committed);
        if (refitOnly)
        {
            Console.WriteLine(JsonSerializer.Serialize(refit, StrictJson.Options));
            return 0;
        }
        var holds = true;
        foreach (var curve in curves)
        {
            Console.WriteLine($"{curve.Name}: {curve.Rows.Length} measurements");
            Console.WriteLine($"  {"",-44}{"rows",6}{"error",10}{"refitted",10}{"limit",8}");
            foreach (var (check, again) in curve.Check(committed).Zip(curve.Check(refit)))
                holds &= Tell(check, again.Error);
            foreach (var check in curve.CheckLeavingOut(committed))
                holds &= Tell(check, null);
        }
        PublishedFigures.Tell();
        Console.WriteLine($"machine: {Machine.Describe()}");
        return holds ? 0 : 1;
    }

    private static bool Tell(FidelityCheck check, double? refitted)
    {
        Console.WriteLine(
            $"  {check.What,-44}{check.Rows,6}{check.Error * 100,8:F2} %{(refitted is { } r ? $"{r * 100,8:F2} %" : new string(' ', 10))}"
            + $"{check.Limit * 100,6:F0} %{(check.Holds ? "" : "   MISSED")}");
        return check.Holds;
    }

    private static (string Folder, bool RefitOnly) Parse(string[] args)
    {
        var folder = Path.Combine("..", "shared", "data", "measured");
        var refitOnly = false;
        var faults = new InputFaults("fidelity");
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--refit")
                refitOnly = true;
            else if (args[i] != "--data")
                faults.Add("option", args[i], "--data, --refit");
            else if (faults.Require(i + 1 < args.Length, args[i], null, "the folder of the tables"))
                folder = args[++i];
        }
        faults.ThrowIfAny();
        return (folder, refitOnly);
    }
}
