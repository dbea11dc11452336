using MoEPlace.Results;

namespace MoEPlace.Reports;

/// <summary>The measure that a validation compares: what it is called and how it is drawn.</summary>
internal sealed class ComparedMeasure
{
    private readonly Measures.Measure measure;

    /// <param name="key">Its key in the result.</param>
    /// <param name="most">The highest value that is drawn; decides the unit of seconds.</param>
    internal ComparedMeasure(string key, double most)
    {
        measure = Measures.All.First(m => m.Key == key);
        var unit = key != "stepSeconds" ? ""
            : most >= 1 ? "s" : most >= 1e-3 ? "ms" : "µs";
        Factor = unit switch { "ms" => 1e3, "µs" => 1e6, _ => 1 };
        AxisTitle = unit.Length > 0 ? $"{measure.Title}, {unit}" : measure.Title;
        LabelExpr = IsShare ? Figures.FigureStyle.PercentLabel(0) : "datum.label";
    }

    /// <summary>For people.</summary>
    internal string Title => measure.Title;

    /// <summary>The title of its axis, with the unit.</summary>
    internal string AxisTitle { get; }

    /// <summary>Writes a value of its axis.</summary>
    internal string LabelExpr { get; }

    /// <summary>What values are multiplied by to be drawn.</summary>
    internal double Factor { get; }

    private bool IsShare => measure.Key == "gpuCrossingFraction";

    /// <summary>The measure of a result.</summary>
    internal static ComparedMeasure Of(ValidationResult result, IEnumerable<double> values) =>
        new(result.Measure, values.DefaultIfEmpty().Max());

    /// <summary>A value for people.</summary>
    internal string Show(double value) => measure.Show(value);

    /// <summary>A column of its values.</summary>
    internal TableColumn Column(string title, string key) => new(title, key, v => v is null ? "–" : measure.Show(v));
}
