using System.CommandLine;
using MoEPlace.Evaluation;

namespace MoEPlace.Cli;

/// <summary>The options that say under which conditions a placement is judged.</summary>
internal sealed class ConditionOptions
{
    private readonly Option<string> residency = CommonOptions.Choice(
        "--residency", "Where a token lives between layers: on its home rank, or where its top-1 expert is (coherent; tokens of prefill at home).",
        "home", "home", "coherent");
    private readonly Option<string> dispatch = CommonOptions.Choice(
        "--dispatch", "Which replica serves a token: the nearest, all in even shares, or in shares that balance the ranks best.", "nearest",
        "nearest", "even", "balanced");
    private readonly Option<long?> window = new("--window")
    {
        Description = "Tokens per window of the imbalance measures; default: all tokens are one window.",
    };
    private readonly Option<int> tokensPerStep = new("--tokens-per-step")
    {
        Description = "Tokens of a modelled step, over all ranks.",
        DefaultValueFactory = _ => new EvaluationOptions().TokensPerStep,
    };
    private readonly Option<string> phase = CommonOptions.Choice("--phase", "What a modelled step does.", "decode", "decode", "prefill");
    private readonly Option<int> context = new("--context")
    {
        Description = "Tokens in the key-value cache of a sequence (prefill: of a prompt).",
        DefaultValueFactory = _ => new EvaluationOptions().ContextTokens,
    };

    /// <summary>Gives a verb these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { residency, dispatch, window, tokensPerStep, phase, context })
            command.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    /// <exception cref="InputException">A value is out of its range.</exception>
    public EvaluationOptions Read(ParseResult parsed)
    {
        var options = new EvaluationOptions
        {
            Residency = parsed.GetValue(residency) == "home" ? Residency.Home : Residency.Coherent,
            Dispatch = Enum.Parse<ReplicaChoice>(parsed.GetValue(dispatch)!, ignoreCase: true),
            WindowTokens = parsed.GetValue(window),
            TokensPerStep = parsed.GetValue(tokensPerStep),
            Phase = parsed.GetValue(phase) == "decode" ? ServingPhase.Decode : ServingPhase.Prefill,
            ContextTokens = parsed.GetValue(context),
        };
        options.Validate();
        return options;
    }
}
