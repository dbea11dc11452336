using System.Collections.Immutable;
using System.Globalization;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Torch;
using static MoEPlace.Torch.torch.nn.functional;

namespace MoEPlace.Executor.Training;

/// <summary>
/// A model in training, step by step. Nothing is drawn but by the seed, the step and the place in the batch, so its state is the weights,
/// the moments of AdamW and the number of steps: a run that goes on from there gets, bit by bit, what it would have got in one go.
/// </summary>
public sealed class Trainer : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.95, Epsilon = 1e-8;
    private readonly Corpus corpus;
    private readonly IRankGroup? group;
    private readonly ImmutableArray<(string Name, Tensor Value)> parameters;
    private readonly AdamW optimizer;
    private TrainingState state;

    /// <summary>Begins a run.</summary>
    /// <param name="options">Valid ones.</param>
    /// <param name="config">The model that <see cref="ByteModelConfig"/> makes of them.</param>
    /// <param name="corpus">The text.</param>
    /// <param name="group">The ranks that share each batch, this one among them; null for one rank.</param>
    public Trainer(TrainingOptions options, TransformerConfig config, Corpus corpus, IRankGroup? group = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(corpus);
        (this.corpus, this.group) = (corpus, group);
        Model = MoELanguageModel.Initialise(config, options.Seed, TorchDevice.Cpu);
        parameters = [.. Model.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value))];
        foreach (var (_, value) in parameters)
            value.requires_grad = true;
        optimizer = new AdamW(parameters.Select(p => p.Value), options.LearningRate, Beta1, Beta2, Epsilon, options.WeightDecay);
        state = new TrainingState(
            new TrainingLog(
                TrainingLog.FormatName, options, parameters.Sum(p => p.Value.NumberOfElements), [.. corpus.Domains.Select(d => d.Name)],
                corpus.Digest, 0, [], []),
            0, 0, 0, group?.Size ?? 1);
    }

    /// <summary>The model.</summary>
    public MoELanguageModel Model { get; }

    /// <summary>What was reached.</summary>
    public TrainingLog Log => state.Log;

    /// <summary>Mean loss since the last point of the curves; null right after one.</summary>
    public double? RecentLoss => state.Steps == 0 ? null : state.Loss / state.Steps;

    /// <summary>Trains one step on the batch that belongs to it.</summary>
    /// <param name="point">Note a point of the curves after it.</param>
    /// <param name="stop">This rank was asked to stop after it.</param>
    /// <returns>True when any rank was asked to stop.</returns>
    /// <exception cref="DivergenceException">The loss or the gradient is not finite; the step is not done.</exception>
    public bool Advance(bool point, bool stop)
    {
        using var scope = torch.NewDisposeScope();
        var (options, step) = (Log.Options, Log.StepsDone);
        var loads = new ExpertLoads(options.Layers, options.Experts);
        var (loss, gateLoss) = Backward(point ? loads : null);
        var figures = GradientSum.Over(group, parameters, [(float)loss, (float)gateLoss, stop ? 1 : 0, .. loads.Loads]);
        var norm = optimizer.ClipGradients(options.Clip);
        if (!double.IsFinite(figures[0] + figures[1] + norm))
        {
            optimizer.zero_grad();
            throw new DivergenceException(string.Create(
                CultureInfo.InvariantCulture,
                $"step {step + 1} of training has loss {figures[0]} and gradient norm {norm}; a lower --learning-rate may help"));
        }
        optimizer.SetLearningRate(options.RateOf(step));
        optimizer.step();
        optimizer.zero_grad();
        state = state with { Loss = state.Loss + figures[0], GateLoss = state.GateLoss + figures[1], Steps = state.Steps + 1 };
        var log = Log with { StepsDone = step + 1 };
        state = point
            ? state with
            {
                Log = log with
                {
                    Training = log.Training.Add(new TrainingPoint(
                        step + 1, state.Loss / state.Steps, state.GateLoss / state.Steps, norm, options.RateOf(step),
                        ExpertLoads.Imbalance(figures.AsSpan(3), options.Layers))),
                },
                Loss = 0,
                GateLoss = 0,
                Steps = 0,
            }
            : state with { Log = log };
        return figures[2] > 0;
    }

    /// <summary>Notes a point of the curves on text that is held out.</summary>
    public void Note(HeldOutPoint point) => state = state with { Log = Log with { HeldOut = Log.HeldOut.Add(point) } };

    /// <summary>Writes all that is needed to go on; whole or not at all.</summary>
    /// <exception cref="InputException">The path cannot be written.</exception>
    public void Save(string path)
    {
        using var scope = torch.NewDisposeScope();
        StateFile.Write(path, Tensors(Moments()), state.ToMetadata());
    }

    /// <summary>Goes on from where a run of the same options on the same text and as many ranks stopped.</summary>
    /// <exception cref="InputException">The file is not such a state, or is of other options, ranks or text; every fault is told.</exception>
    public void Resume(string path)
    {
        using var scope = torch.NewDisposeScope();
        var before = TrainingState.Read(path, Log.Options, corpus, state.Ranks);
        var moments = Moments();
        StateFile.ReadInto(path, Tensors(moments));
        for (var i = 0; before.Log.StepsDone > 0 && i < parameters.Length; i++)
            optimizer.SetState(i, moments[i].First, moments[i].Second, before.Log.StepsDone);
        state = before;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        optimizer.Dispose();
        Model.Dispose();
    }

    /// <summary>Gradients of this rank's part of the batch; tells its loss and what its gates add.</summary>
    private (double Loss, double GateLoss) Backward(ExpertLoads? loads)
    {
        var options = Log.Options;
        var mine = options.Batch / (group?.Size ?? 1);
        var first = mine * (group?.Rank ?? 0);
        var windows = new (byte, ReadOnlyMemory<byte>)[mine];
        for (var i = 0; i < mine; i++)
            windows[i] = corpus.Draw(options.Seed, Log.StepsDone, first + i, options.Length);
        var batch = Windows.ToBatch(windows, (int)((Log.StepsDone * options.Batch + first) & int.MaxValue));
        Tensor? gates = null;
        var logits = Model.Forward(
            batch, null,
            (layer, choice) =>
            {
                loads?.Add(layer, choice.Experts.ToArray<long>());
                if (choice.Loss is not null)
                    gates = gates is null ? choice.Loss : gates + choice.Loss;
            },
            group is { Size: > 1 } ? group.AllReduce : null);
        var loss = cross_entropy(logits, Windows.Targets(windows));
        (gates is null ? loss : loss + gates).backward();
        return (loss.item(), gates?.item() ?? 0);
    }

    /// <summary>AdamW's moments of each parameter; zeros before the first step.</summary>
    private (Tensor First, Tensor Second)[] Moments() =>
    [
        .. parameters.Select((parameter, i) =>
        {
            var (first, second, _) = optimizer.StateOf(i);
            return (first ?? torch.zeros(parameter.Value.shape), second ?? torch.zeros(parameter.Value.shape));
        }),
    ];

    private List<(string Name, Tensor Value)> Tensors((Tensor First, Tensor Second)[] moments)
    {
        var all = new List<(string, Tensor)>();
        for (var i = 0; i < parameters.Length; i++)
        {
            all.Add(($"parameter.{parameters[i].Name}", parameters[i].Value));
            all.Add(($"first.{parameters[i].Name}", moments[i].First));
            all.Add(($"second.{parameters[i].Name}", moments[i].Second));
        }
        return all;
    }
}
