namespace MoEPlace.Reports;

/// <summary>One figure: the finding, how to read it, how it is drawn, and its data.</summary>
/// <param name="Name">Short, for files and anchors.</param>
/// <param name="Topic">What it is about, in a few words.</param>
/// <param name="Finding">What it shows, as a sentence without a full stop; empty when it is not drawn.</param>
/// <param name="Reading">How to read it.</param>
/// <param name="Spec">The Vega-Lite specification without title, data inline; null when it is not drawn.</param>
/// <param name="Data">What it draws.</param>
/// <param name="Missing">Why it is not drawn; empty when it is.</param>
internal sealed record Figure(string Name, string Topic, string Finding, string Reading, object? Spec, Table? Data, string Missing = "")
{
    internal static Figure LeftOut(string name, string topic, string why) => new(name, topic, "", "", null, null, why);
}
