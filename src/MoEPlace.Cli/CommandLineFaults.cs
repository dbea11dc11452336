using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace MoEPlace.Cli;

/// <summary>What is wrong with a command line before any verb runs, told as all bad input is: field, value, what is allowed.</summary>
internal static class CommandLineFaults
{
    /// <summary>Every fault; empty when the command line can be run.</summary>
    public static ImmutableArray<InputFault> Of(ParseResult parsed)
    {
        var faults = new InputFaults(PathOf(parsed.CommandResult));
        var command = parsed.CommandResult.Command;
        // Help and version are told whatever else stands there.
        if (parsed.Errors.Count == 0 && parsed.Action is System.CommandLine.Help.HelpAction)
            return [];
        var unknown = parsed.UnmatchedTokens.Concat(Misread(parsed.CommandResult)).Distinct(StringComparer.Ordinal).ToArray();
        foreach (var word in unknown)
            faults.Add(command.Subcommands.Count > 0 ? "verb" : "argument", word, Takes(command));
        foreach (var result in parsed.Errors.Select(e => e.SymbolResult).Distinct())
        {
            if (result is OptionResult { Option: var option })
                faults.Add(option.Name, Given(result), Allowed(result, option, option.ValueType, option.Arity, option.Description));
            else if (result is ArgumentResult { Argument: var argument })
                faults.Add(
                    argument.Name, Given(result), Allowed(result, argument, argument.ValueType, argument.Arity, argument.Description));
            else if (unknown.Length == 0)
                faults.Add(command.Subcommands.Count > 0 ? "verb" : "argument", null, Takes(command));
        }
        return faults.ToImmutable();
    }

    /// <summary>The names that lead to a command, for example <c>moeplace trace import</c>.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;

    /// <summary>Words that were taken for a value but look like an option, so that a slip of the pen does not become a file name.</summary>
    private static IEnumerable<string> Misread(CommandResult command) => command.Children
        .Where(child => child is OptionResult or ArgumentResult)
        .SelectMany(child => child.Tokens)
        .Select(token => token.Value)
        .Where(value => value.StartsWith("--", StringComparison.Ordinal));

    private static string Takes(Command command) => string.Join(", ", command.Subcommands.Count > 0
        ? command.Subcommands.Select(c => c.Name)
        : command.Arguments.Select(a => a.Name).Concat(command.Options.Select(o => o.Name)));

    private static string? Given(SymbolResult result) =>
        result.Tokens.Count == 0 ? null : string.Join(' ', result.Tokens.Select(t => t.Value));

    private static string Allowed(SymbolResult result, Symbol symbol, Type type, ArgumentArity arity, string? description)
    {
        if (result.Tokens.Count > arity.MaximumNumberOfValues)
            return "one value";
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (bare == typeof(int))
            return "a whole number of 32 bits";
        if (bare == typeof(long))
            return "a whole number of 64 bits";
        if (bare == typeof(double))
            return "a number, for example 1.05";
        var names = symbol.GetCompletions(CompletionContext.Empty).Select(c => c.Label).ToArray();
        return names.Length > 0 ? string.Join(", ", names) : description ?? "a value";
    }
}
