using System.Globalization;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Jobs;

/// <summary>The epochs that were ever on record: a placement file each, named by its number. The greatest is the one of record.</summary>
internal static class EpochFiles
{
    private const string Extension = ".json";

    /// <summary>The epoch of record; null where there is none.</summary>
    /// <exception cref="InputException">Its file is not a valid placement.</exception>
    internal static Epoch? Read(string folder)
    {
        var number = Numbers(folder).DefaultIfEmpty(-1).Max();
        return number < 0 ? null : new Epoch(number, ExpertPlacementFile.Read(PathOf(folder, number)));
    }

    /// <summary>Puts an epoch on record, whole or not at all.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    internal static void Write(string folder, Epoch epoch) => ExpertPlacementFile.Write(PathOf(folder, epoch.Number), epoch.Placement);

    private static string PathOf(string folder, int number) => Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture) + Extension);

    private static IEnumerable<int> Numbers(string folder) => !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*" + Extension)
        .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1);
}
