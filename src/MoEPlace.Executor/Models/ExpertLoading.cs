using System.Collections.Immutable;
using MoEPlace.Torch;

namespace MoEPlace.Executor.Models;

/// <summary>Reads the experts of some slots, one after another, into memory of exactly the size of all slots.</summary>
internal static class ExpertLoading
{
    private const int MostMissing = 64;

    /// <param name="checkpoint">Where they lie; what is wrong is noted there, for all experts of the layer.</param>
    /// <param name="layer">The layer, by its index among all layers.</param>
    /// <param name="experts">[at most slots] which.</param>
    /// <param name="slots">All slots; those after the experts are spare, and their memory is taken now.</param>
    /// <param name="type">Element type.</param>
    /// <param name="device">Where they shall live.</param>
    internal static ExpertBank Load(
        Checkpoint checkpoint, int layer, ImmutableArray<int> experts, int slots, ScalarType type, TorchDevice device)
    {
        var model = checkpoint.Config;
        long hidden = model.HiddenSize, width = model.ExpertSize;
        if (!Expect(checkpoint, layer))
            return new ExpertBank(experts, model.Experts, torch.empty([0], type, device), torch.empty([0], type, device));
        var gateUp = torch.empty([slots, 2 * width, hidden], type, device);
        var down = torch.empty([slots, hidden, width], type, device);
        if (slots > experts.Length)
        {
            // Memory that nobody has written is not taken: it could be missing when an expert is on its way.
            gateUp.narrow(0, experts.Length, slots - experts.Length).fill_(0);
            down.narrow(0, experts.Length, slots - experts.Length).fill_(0);
        }
        for (var slot = 0; slot < experts.Length; slot++)
        {
            using var scope = torch.NewDisposeScope();
            var (target, expert) = (gateUp.select(0, slot), experts[slot]);
            if (IsStacked(checkpoint, layer))
            {
                var block = ExpertNames.Block(model, layer);
                target.copy_(checkpoint.LoadPart(block + ExpertNames.StackedGateUp, expert, type, device, 2 * width, hidden));
                down.select(0, slot).copy_(checkpoint.LoadPart(block + ExpertNames.StackedDown, expert, type, device, hidden, width));
                continue;
            }
            var names = ExpertNames.Of(model, layer, expert);
            target.narrow(0, 0, width).copy_(checkpoint.LoadPart(names.Gate, 0, type, device, width, hidden));
            target.narrow(0, width, width).copy_(checkpoint.LoadPart(names.Up, 0, type, device, width, hidden));
            down.select(0, slot).copy_(checkpoint.LoadPart(names.Down, 0, type, device, hidden, width));
        }
        return new ExpertBank(experts, model.Experts, gateUp, down);
    }

    private static bool IsStacked(Checkpoint checkpoint, int layer) =>
        checkpoint.Has(ExpertNames.Block(checkpoint.Config, layer) + ExpertNames.StackedGateUp);

    private static bool Expect(Checkpoint checkpoint, int layer)
    {
        var model = checkpoint.Config;
        long hidden = model.HiddenSize, width = model.ExpertSize;
        if (IsStacked(checkpoint, layer))
        {
            var block = ExpertNames.Block(model, layer);
            var right = checkpoint.Expect(block + ExpertNames.StackedGateUp, model.Experts, 2 * width, hidden);
            return checkpoint.Expect(block + ExpertNames.StackedDown, model.Experts, hidden, width) && right;
        }
        var wrong = 0;
        for (var expert = 0; expert < model.Experts && wrong < MostMissing; expert++)
        {
            var names = ExpertNames.Of(model, layer, expert);
            wrong += checkpoint.Expect(names.Gate, width, hidden) ? 0 : 1;
            wrong += checkpoint.Expect(names.Up, width, hidden) ? 0 : 1;
            wrong += checkpoint.Expect(names.Down, hidden, width) ? 0 : 1;
        }
        return wrong == 0;
    }
}
