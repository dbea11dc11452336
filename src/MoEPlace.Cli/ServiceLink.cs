using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using MoEPlace.Executor.Models;
using MoEPlace.Executor.Ranks;
using MoEPlace.Executor.Ranks.Emulation;
using MoEPlace.Executor.Running;
using MoEPlace.Service.Client;
using MoEPlace.Torch;

namespace MoEPlace.Cli;

/// <summary>
/// What ties a rank to the placement service: it streams its routing, and rank 0 speaks for the job. Nothing of it holds a step, and a service that
/// is away for any time costs no more than routing that it does not see.
/// </summary>
internal sealed class ServiceLink : IDisposable
{
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource ending = new();
    private readonly List<ServiceClient> clients = [];
    private readonly ServiceLinkRows rows;
    private readonly ServiceLinkAgent? agent;
    private readonly Task sending;

    /// <summary>Begins to speak with the service.</summary>
    /// <param name="settings">Which, and as what.</param>
    /// <param name="group">The ranks.</param>
    /// <param name="config">The model.</param>
    /// <param name="type">The element type that it runs in.</param>
    /// <param name="start">What this process is.</param>
    /// <param name="options">How the job is run: with a desk on rank 0.</param>
    /// <param name="terminal">Where rank 0 notes what is wrong.</param>
    internal ServiceLink(
        ServiceLinkSettings settings, IRankGroup group, TransformerConfig config, ScalarType type, RankStart start, RunOptions options,
        Terminal terminal)
    {
        var model = config.ToModel(Tensor.BytesOf(type));
        var onNode = start.Emulation is not null && LauncherPipe.IsHeld;
        rows = new ServiceLinkRows(Client(), settings.Job, model.Layers, model.TopK, Note);
        if (options.Live?.Desk is { } desk)
            agent = new ServiceLinkAgent(
                Client(), placement => settings.ToSpec(model, placement, start.Emulation?.LinkBytesPerSecond), settings.Job, desk,
                // Whole in any JSON number.
                RandomNumberGenerator.GetInt32(1 << 26) * (1L << 26) + RandomNumberGenerator.GetInt32(1 << 26), Note);
        Options = options with
        {
            Routed = rows.Add,
            StepDone = agent is null ? null : agent.Add,
            Live = options.Live! with { RoutingDropped = () => rows.Dropped },
        };
        sending = Task.WhenAll(Task.Run(() => rows.RunAsync(ending.Token)), Task.Run(() => agent?.RunAsync(ending.Token) ?? Task.CompletedTask));

        ServiceClient Client()
        {
            var client = new ServiceClient(settings.Addresses, settings.Token, onNode ? Outside() : null, Patience);
            clients.Add(client);
            return client;
        }

        void Note(string text) => terminal.Error($"note: {text}");
    }

    /// <summary>How the job is run so that the service sees it.</summary>
    internal RunOptions Options { get; }

    /// <summary>Tells that the job has ended, and what is left to tell; at most for 2 s.</summary>
    internal void Complete()
    {
        rows.Complete();
        agent?.Complete();
        ending.CancelAfter(Farewell);
        Await();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ending.Cancel();
        Await();
        clients.ForEach(client => client.Dispose());
        ending.Dispose();
    }

    private void Await()
    {
        try
        {
            sending.Wait();
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.All(one => one is OperationCanceledException))
        {
            // It was ended: by the end of the time, or of the run.
        }
    }

    /// <summary>Connects from an emulated node by the network of its launcher, so that what is told takes nothing of the links between nodes.</summary>
    private static SocketsHttpHandler Outside() => new()
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellation) =>
        {
            var (socket, found) = LauncherNetwork.Inside(() =>
            {
                var addresses = Dns.GetHostAddresses(context.DnsEndPoint.Host);
                return (new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }, addresses);
            });
            try
            {
                await socket.ConnectAsync(found, context.DnsEndPoint.Port, cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };
}
