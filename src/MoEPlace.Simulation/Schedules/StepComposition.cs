using MoEPlace.Simulation.Streams;

namespace MoEPlace.Simulation.Schedules;

/// <summary>
/// A schedule as a program: which operations a step issues, to which streams, after what. One loop serves all schedules: the parts of a
/// layer are issued side by side, so one micro-batch of one part is the sequential step, several parts are a pipeline inside the layer
/// (Tutel, section 3.3: all dispatches, then all combines), and two micro-batches compute while the other's bytes travel (DeepSeek-V3,
/// section 3.4).
/// </summary>
internal static class StepComposition
{
    /// <summary>Composes the program of one step.</summary>
    /// <param name="setting">Checked.</param>
    /// <param name="parts">The work of the step.</param>
    internal static StepProgram Compose(StepSetting setting, StepParts parts)
    {
        var program = new LayerOperations(setting, parts);
        var after = new int[parts.MicroBatches][];
        Array.Fill(after, []);
        Forward(program, setting, parts, after);
        if (program.Context([.. after.SelectMany(ids => ids)]) is { } gathered)
            Array.Fill(after, [gathered]);
        program.BesideLayers([.. after.SelectMany(ids => ids).Distinct()]);
        if (setting.Schedule.Backward)
            BackwardComposition.Append(program, setting, parts, after);
        return program.Build();
    }

    /// <summary>Appends the forward pass.</summary>
    /// <param name="program">What to append to.</param>
    /// <param name="setting">The setting.</param>
    /// <param name="parts">The work of the step.</param>
    /// <param name="after">[micro-batches] what the next operation of each comes after; in and out.</param>
    private static void Forward(LayerOperations program, StepSetting setting, StepParts parts, int[][] after)
    {
        var beside = setting.Schedule.SharedExpertsBesideDispatch;
        var layers = parts.Works[0].Layers;
        var arrived = new int[parts.Works.Length];
        for (var position = 0; position <= layers; position++)
        {
            for (var micro = 0; micro < parts.MicroBatches; micro++)
            {
                // What follows a combine is issued with the next layer, or the other micro-batch's combine would hold it up.
                if (position > 0 && !beside)
                    after[micro] = program.Shared(position - 1, micro, after[micro]);
                after[micro] = program.DenseLayers(position, micro, after[micro]);
                if (position == layers)
                    continue;
                after[micro] = program.Attention(position, micro, after[micro]);
                if (beside)
                    program.Shared(position, micro, after[micro]);
                foreach (var part in parts.Of(micro))
                    arrived[part] = program.Dispatch(position, part, after[micro]);
            }
            if (position == layers)
                break;
            for (var part = 0; part < arrived.Length; part++)
                arrived[part] = program.Experts(position, part, arrived[part]);
            for (var micro = 0; micro < parts.MicroBatches; micro++)
                after[micro] = [.. parts.Of(micro).Select(part => program.Combine(position, part, arrived[part]))];
        }
    }
}
