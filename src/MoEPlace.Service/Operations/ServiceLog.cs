using Microsoft.Extensions.Logging;

namespace MoEPlace.Service.Operations;

/// <summary>What the service tells in its log; never what was sent to it, and so no secret.</summary>
internal static partial class ServiceLog
{
    [LoggerMessage(1, LogLevel.Information, "listens at {address}, state {state}, {tokens} tokens")]
    public static partial void Listens(ILogger log, string address, string state, int tokens);

    [LoggerMessage(2, LogLevel.Information, "stopped")]
    public static partial void Stopped(ILogger log);

    [LoggerMessage(3, LogLevel.Information, "{method} {route} of {job} by {caller}: {status} in {seconds} s")]
    public static partial void Asked(ILogger log, string method, string route, string job, string caller, int status, double seconds);

    [LoggerMessage(4, LogLevel.Error, "{method} {route} failed")]
    public static partial void Broke(ILogger log, Exception cause, string method, string route);

    [LoggerMessage(5, LogLevel.Information, "{job} {kind}: {text}")]
    public static partial void Happened(ILogger log, string job, string kind, string text);

    [LoggerMessage(6, LogLevel.Warning, "{method} {route}: the state cannot be reached: {why}")]
    public static partial void Unreachable(ILogger log, string method, string route, string why);
}
