namespace MoEPlace.Simulation.Schedules;

/// <summary>
/// The backward pass: layers, operations of a layer and phases of an exchange in reverse order, the same bytes the other way, twice the
/// computation. Gradients of what every rank holds are all-reduced in equal parts, each as soon as the layers that it comes from are done;
/// it is issued behind the first exchanges of the next layer, so that it travels while experts compute (FSMoE, section 5). Copies of
/// experts are not all-reduced.
/// </summary>
internal static class BackwardComposition
{
    internal static void Append(LayerOperations program, StepSetting setting, StepParts parts, int[][] after)
    {
        var (beside, gradientParts) = (setting.Schedule.SharedExpertsBesideDispatch, setting.Schedule.GradientParts);
        var layers = parts.Works[0].Layers;
        var arrived = new int[parts.Works.Length];
        var issued = 0;
        for (var position = layers; position >= 0; position--)
        {
            for (var micro = 0; micro < parts.MicroBatches; micro++)
            {
                if (position < layers)
                    after[micro] = program.Attention(position, micro, after[micro], passes: 2);
                after[micro] = program.DenseLayers(position, micro, after[micro], passes: 2);
                if (position == 0)
                    continue;
                if (!beside)
                    after[micro] = program.Shared(position - 1, micro, after[micro], passes: 2);
                foreach (var part in parts.Of(micro))
                    arrived[part] = program.CombineBack(position - 1, part, after[micro]);
            }
            if (position == 0)
                break;
            // Parts whose layers are done.
            for (var due = (layers - position) * gradientParts / layers; issued < due; issued++)
                program.Gradient(issued, gradientParts, [.. after.SelectMany(ids => ids)]);
            for (var part = 0; part < arrived.Length; part++)
                arrived[part] = program.Experts(position - 1, part, arrived[part], passes: 2);
            for (var micro = 0; micro < parts.MicroBatches; micro++)
            {
                if (beside)
                    program.Shared(position - 1, micro, [arrived[parts.First(micro)]], passes: 2);
                after[micro] = [.. parts.Of(micro).Select(part => program.DispatchBack(position - 1, part, arrived[part]))];
            }
        }
        for (; issued < Math.Max(1, gradientParts); issued++)
            program.Gradient(issued, Math.Max(1, gradientParts), [.. after.SelectMany(ids => ids)]);
    }
}
