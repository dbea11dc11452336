namespace MoEPlace.Traces.Journals;

/// <summary>Goes through the files of all ranks step by step and puts rows together, as far as all of a row is there and of all rows before.</summary>
internal sealed class JournalMerge : IDisposable
{
    private const int CellsAtOnce = 1 << 18;
    private readonly string folder;
    private readonly List<JournalFile> files = [];
    private readonly JournalWindow window;
    private readonly int rowsAtOnce;
    private long told;

    internal JournalMerge(string folder)
    {
        this.folder = folder;
        Header = JournalHeader.Read(folder);
        var model = Header.Trace.Model;
        rowsAtOnce = Math.Clamp(CellsAtOnce / (model.Layers * model.TopK), 1, 4096);
        try
        {
            Open();
        }
        catch
        {
            Dispose();
            throw;
        }
        // No more rows than there are bytes for can come out, whatever ordinals are told.
        var bytesPerToken = JournalFrame.BytesPerToken(Header);
        var bytesPerRow = (long)model.Layers * bytesPerToken[(int)JournalFrameKind.Choices] + bytesPerToken[(int)JournalFrameKind.Tokens];
        window = new JournalWindow(Header, files.Sum(file => file.Length) / bytesPerRow);
    }

    /// <summary>What the journal says of itself.</summary>
    internal JournalHeader Header { get; }

    /// <summary>Tokens of which something was told, but not all, or not of all before: left out. Known after the last row.</summary>
    internal long Dropped { get; private set; }

    /// <summary>The files that stop before their rank came to its end, in words. Known after the last row.</summary>
    internal IEnumerable<string> CutFiles => files.Where(f => f.Cut).Select(
        f => Path.GetFileName(f.Path) + (f.TornAt is { } at ? $" (within a frame, at byte {at})" : ""));

    /// <summary>Hands over the complete rows, in the order of their ordinals.</summary>
    /// <param name="take">Takes the complete rows of the window before they are forgotten.</param>
    /// <exception cref="InputException">A file is damaged, files contradict each other, or rows are missing that no file can have lost at its end.</exception>
    internal void Run(Action<JournalWindow> take)
    {
        foreach (var file in files)
            file.Next();
        while (NextStep() is { } step && !window.Incomplete)
        {
            foreach (var file in files)
                for (; !file.End && file.Frame.Step == step; Pass(file))
                    window.Add(file);
            if (window.Incomplete && !files.Exists(f => f.Cut))
                throw new InputException(
                    folder, $"token {window.First + window.Complete}", window.Lack, "all of every token, in the order of their ordinals: no file was cut off before");
            if (window.Complete < rowsAtOnce && !window.Incomplete)
                continue;
            take(window);
            if (!window.Incomplete)
                window.Forget();
        }
        var emitted = window.First + window.Complete;
        if (!window.Incomplete)
            take(window);
        foreach (var file in files)
            while (!file.End)
                Pass(file);
        Dropped = told - emitted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
            file.Dispose();
    }

    private void Open()
    {
        var metadata = File.ReadAllBytes(JournalHeader.MetadataPath(folder));
        var faults = new InputFaults(folder);
        for (var rank = 0; rank < Header.Ranks; rank++)
        {
            try
            {
                files.Add(new JournalFile(folder, rank, Header, metadata));
            }
            catch (InputException e)
            {
                faults.AddRange(e.Faults);
            }
        }
        faults.ThrowIfAny();
    }

    /// <summary>The earliest step of which a file has a frame left; null at the end of all.</summary>
    private int? NextStep()
    {
        int? step = null;
        foreach (var file in files)
            if (!file.End && (step is null || file.Frame.Step < step))
                step = file.Frame.Step;
        return step;
    }

    private void Pass(JournalFile file)
    {
        told += file.Frame.Kind == JournalFrameKind.Tokens ? file.Frame.Count : 0;
        file.Next();
    }
}
