using System.Globalization;
using MoEPlace.Executor.Applying;

namespace MoEPlace.Executor.Jobs;

/// <summary>
/// The epochs that were ever on record: a placement file each, named by its number. The greatest is the one of record; where a power cut tore it,
/// the greatest below it that is whole.
/// </summary>
internal static class EpochFiles
{
    private const string Extension = ".json";

    /// <summary>The epoch of record; null where there is none.</summary>
    /// <exception cref="InputException">No file is a valid placement.</exception>
    internal static Epoch? Read(string folder)
    {
        int[] numbers = [.. Numbers(folder).Where(number => number >= 0).OrderDescending()];
        for (var i = 0; i < numbers.Length; i++)
            try
            {
                return new Epoch(numbers[i], ExpertPlacementFile.Read(PathOf(folder, numbers[i])));
            }
            catch (InputException) when (i < numbers.Length - 1)
            {
                // Any epoch that was on record is one that the job can go on from.
            }
        return null;
    }

    /// <summary>The placement that the job began with; null where it is not on record.</summary>
    /// <exception cref="InputException">Its file is not a valid placement.</exception>
    internal static ExpertPlacement? First(string folder) => File.Exists(PathOf(folder, 0)) ? ExpertPlacementFile.Read(PathOf(folder, 0)) : null;

    /// <summary>Puts an epoch on record, whole or not at all.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    internal static void Write(string folder, Epoch epoch) => ExpertPlacementFile.Write(PathOf(folder, epoch.Number), epoch.Placement);

    private static string PathOf(string folder, int number) => Path.Combine(folder, number.ToString(CultureInfo.InvariantCulture) + Extension);

    private static IEnumerable<int> Numbers(string folder) => !Directory.Exists(folder) ? [] : Directory.EnumerateFiles(folder, "*" + Extension)
        .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1);
}
