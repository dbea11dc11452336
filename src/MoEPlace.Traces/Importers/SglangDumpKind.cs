namespace MoEPlace.Traces.Importers;

/// <summary>What a dump of SGLang's recorder holds.</summary>
internal enum SglangDumpKind
{
    /// <summary>stat, stat_approx: logical counts per step, summed over ranks.</summary>
    Statistics,

    /// <summary>per_pass: physical counts per forward pass and rank.</summary>
    Passes,

    /// <summary>per_token: physical ids per token.</summary>
    Tokens,
}
