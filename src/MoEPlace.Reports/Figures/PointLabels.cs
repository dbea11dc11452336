namespace MoEPlace.Reports.Figures;

/// <summary>Finds room for the names beside points: to the right, else left, above or below, where nothing else stands.</summary>
internal static class PointLabels
{
    private const double CharacterWidth = 6.7;
    private const double LineHeight = 13;
    private const double UsualRadius = 7;

    /// <summary>A name and where it stands, relative to its point.</summary>
    /// <param name="Text">The name; empty where there is no room.</param>
    /// <param name="Align">left, right or center.</param>
    /// <param name="X">Pixels to the right.</param>
    /// <param name="Y">Pixels down, to the middle of the line.</param>
    internal sealed record Label(string Text, string Align, double X, double Y);

    /// <summary>Places the names in the order of the points.</summary>
    /// <param name="points">Pixels from the upper left corner of the plot, and the name.</param>
    /// <param name="steps">Corners of a line that goes across, then down, from each to the next; names keep clear of it.</param>
    /// <param name="width">Of the plot.</param>
    /// <param name="height">Of the plot.</param>
    /// <param name="radii">Of the points; null where all have the usual size.</param>
    internal static Label[] Place(
        (double X, double Y, string Name)[] points, (double X, double Y)[] steps, double width, double height, double[]? radii = null)
    {
        double Radius(int i) => radii?[i] ?? UsualRadius;
        var taken = points.Select((p, i) => new Box(p.X - Radius(i), p.Y - Radius(i), p.X + Radius(i), p.Y + Radius(i))).ToList();
        foreach (var (from, to) in steps.Zip(steps.Skip(1)))
        {
            taken.Add(new Box(from.X, from.Y - 1, to.X, from.Y + 1));
            taken.Add(new Box(to.X - 1, from.Y, to.X + 1, to.Y));
        }
        return [.. points.Select((point, own) =>
        {
            foreach (var label in Candidates(point.Name, Radius(own)))
            {
                var box = Around(point.X + label.X, point.Y + label.Y, label);
                if (box.Left < 0 || box.Right > width || box.Top < 0 || box.Bottom > height || taken.Where((_, i) => i != own)
                    .Any(box.Meets))
                    continue;
                taken.Add(box);
                return label;
            }
            return new Label("", "left", 0, 0);
        })];
    }

    private static IEnumerable<Label> Candidates(string name, double radius)
    {
        double[] levels = [0, -9, 9];
        foreach (var level in levels)
            yield return new Label(name, "left", radius + 3, level);
        foreach (var level in levels)
            yield return new Label(name, "right", -radius - 3, level);
        foreach (var distance in new[] { radius + 8, radius + 19 })
        {
            yield return new Label(name, "center", 0, -distance);
            yield return new Label(name, "center", 0, distance);
            yield return new Label(name, "left", 0, -distance);
            yield return new Label(name, "left", 0, distance);
            yield return new Label(name, "right", 0, -distance);
            yield return new Label(name, "right", 0, distance);
        }
    }

    private static Box Around(double x, double y, Label label)
    {
        var length = label.Text.Length * CharacterWidth;
        var left = label.Align switch { "left" => x, "right" => x - length, _ => x - length / 2 };
        return new Box(left, y - LineHeight / 2, left + length, y + LineHeight / 2);
    }

    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        internal bool Meets(Box other) => Left < other.Right && other.Left < Right && Top < other.Bottom && other.Top < Bottom;
    }
}
