namespace MoEPlace.Simulation.Kernel;

/// <summary>Writes a <see cref="Recording"/>.</summary>
/// <param name="writer">Of UTF-8; flushed at the end, not closed.</param>
internal sealed class RecordingWriter(BinaryWriter writer) : EventSink
{
    private readonly Dictionary<string, int> types = [];
    private long time;
    private long events;

    internal override void Begin(IReadOnlyList<Actor> actors)
    {
        writer.Write(Recording.FormatName);
        writer.Write7BitEncodedInt(actors.Count);
        foreach (var actor in actors)
            writer.Write(actor.Name);
    }

    internal override void Take(in EventKey key, int target, Type message)
    {
        var known = types.TryGetValue(message.Name, out var type);
        if (!known)
            types.Add(message.Name, type = types.Count);
        writer.Write7BitEncodedInt(type + 1);
        if (!known)
            writer.Write(message.Name);
        writer.Write7BitEncodedInt64(key.Time - time);
        writer.Write7BitEncodedInt(key.Priority << 1 ^ key.Priority >> 31);
        writer.Write7BitEncodedInt(key.Source + 1);
        writer.Write7BitEncodedInt((int)key.Sequence);
        writer.Write7BitEncodedInt(target);
        time = key.Time;
        events++;
    }

    internal override void End(bool failed)
    {
        writer.Write7BitEncodedInt(0);
        writer.Write7BitEncodedInt64(events);
        writer.Flush();
    }
}
