namespace MoEPlace.Traces.Importers;

/// <summary>
/// Imports a trace of ExFlow. It holds the top-1 expert only, so the trace has one choice per layer whatever the model's top-k is.
/// </summary>
public static class ExFlowImport
{
    /// <summary>Imports.</summary>
    /// <exception cref="InputException">The file is not as it should be; nothing is written then.</exception>
    public static ImportResult Run(ExFlowImportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var npy = new NpyImportOptions(options.Trace, options.Output)
        {
            Model = options.Model,
            MoeLayers = options.MoeLayers,
            Source = options.Source,
            Licence = options.Licence,
            Domain = options.Domain,
            ChoicesByWeight = true,
            Lengths = options.Lengths,
        };
        return NpyImport.Run(npy, topOneOnly: true,
            ["An ExFlow trace holds the top-1 expert only: loads and copies are those of top-1 routing."]);
    }
}
