using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace MoEPlace.Service.Operations;

/// <summary>Keeps what the instruments of a meter tell and writes it in the text format of Prometheus (version 0.0.4).</summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>Content type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly Lock gate = new();
    private readonly Lock writing = new();
    private readonly SortedDictionary<string, Family> families = new(StringComparer.Ordinal);
    private readonly MeterListener listener = new();

    /// <summary>Listens to a meter; to be made before its instruments.</summary>
    public PrometheusText(Meter meter)
    {
        listener.InstrumentPublished = (instrument, on) =>
        {
            if (ReferenceEquals(instrument.Meter, meter))
            {
                lock (gate)
                    families[instrument.Name] = new Family(instrument);
                on.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
    }

    /// <summary>Writes all of it.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        // One at a time, or what one has observed the next one clears. Not under the gate: observing looks at jobs,
        // and those measure under locks of theirs.
        lock (writing)
        {
            lock (gate)
                foreach (var family in families.Values.Where(family => family.IsObserved))
                    family.Series.Clear();
            listener.RecordObservableInstruments();
            lock (gate)
                foreach (var family in families.Values)
                    family.Write(text);
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new StringBuilder();
        foreach (var (key, tag) in tags)
        {
            var escaped = Convert.ToString(tag, CultureInfo.InvariantCulture)!
                .Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
            labels.Append(labels.Length > 0 ? "," : "").Append(key).Append("=\"").Append(escaped).Append('"');
        }
        lock (gate)
            families[instrument.Name].Take(labels.ToString(), value);
    }

    /// <summary>One instrument: its values by labels.</summary>
    private sealed class Family
    {
        private readonly string name;
        private readonly string help;
        private readonly string kind;
        private readonly double[] bounds;

        public Family(Instrument instrument)
        {
            IsObserved = instrument.IsObservable;
            (kind, var suffix) = instrument switch
            {
                Histogram<double> => ("histogram", ""),
                Counter<long> => ("counter", "_total"),
                _ => ("gauge", ""),
            };
            bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } given } ? [.. given] : [];
            var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            name = instrument.Name.Replace('.', '_') + unit + suffix;
            help = instrument.Description ?? "";
        }

        public bool IsObserved { get; }

        /// <summary>By labels: the value; for a histogram [bounds + 2] counts by bucket, then the sum.</summary>
        public SortedDictionary<string, double[]> Series { get; } = new(StringComparer.Ordinal);

        public void Take(string labels, double value)
        {
            if (!Series.TryGetValue(labels, out var kept))
                Series[labels] = kept = new double[kind == "histogram" ? bounds.Length + 2 : 1];
            if (kind == "gauge")
                kept[0] = value;
            else if (kind == "counter")
                kept[0] += value;
            else
            {
                var bucket = Array.FindIndex(bounds, bound => value <= bound);
                kept[bucket < 0 ? bounds.Length : bucket]++;
                kept[^1] += value;
            }
        }

        public void Write(StringBuilder text)
        {
            if (Series.Count == 0)
                return;
            text.Append("# HELP ").Append(name).Append(' ').Append(help).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(kind).Append('\n');
            foreach (var (labels, kept) in Series)
                if (kind == "histogram")
                    WriteBuckets(text, labels, kept);
                else
                    Line(text, "", labels, kept[0]);
        }

        private void WriteBuckets(StringBuilder text, string labels, double[] kept)
        {
            var (before, sum) = (labels.Length > 0 ? labels + "," : "", 0.0);
            for (var i = 0; i <= bounds.Length; i++)
            {
                sum += kept[i];
                var bound = i < bounds.Length ? bounds[i].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
                Line(text, "_bucket", $"{before}le=\"{bound}\"", sum);
            }
            Line(text, "_sum", labels, kept[^1]);
            Line(text, "_count", labels, sum);
        }

        private void Line(StringBuilder text, string suffix, string labels, double value)
        {
            text.Append(name).Append(suffix);
            if (labels.Length > 0)
                text.Append('{').Append(labels).Append('}');
            var shown = value switch
            {
                double.PositiveInfinity => "+Inf",
                double.NegativeInfinity => "-Inf",
                _ => value.ToString("R", CultureInfo.InvariantCulture),
            };
            text.Append(' ').Append(shown).Append('\n');
        }
    }
}
