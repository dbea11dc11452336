using MoEPlace.Service;
using MoEPlace.Service.Operations;
using MoEPlace.Service.State;

namespace MoEPlace.Cli;

/// <summary>The placement service in this process, on a free port of loopback, with its state in a folder.</summary>
internal sealed class LiveDemoService : IAsyncDisposable
{
    private readonly StateStore state;
    private readonly ServiceHost host;

    private LiveDemoService(StateStore state, PlacementService service, ServiceHost host) => (this.state, Service, this.host) = (state, service, host);

    /// <summary>The service.</summary>
    internal PlacementService Service { get; }

    /// <summary>Where its page is.</summary>
    internal Uri Address => host.Address;

    /// <summary>Begins, and waits until it leads.</summary>
    internal static async Task<LiveDemoService> StartAsync(string folder, CancellationToken cancellation)
    {
        var options = new ServiceOptions(Listen: "http://127.0.0.1:0", State: $"sqlite:{Path.Combine(folder, "state.db")}");
        var state = await StateStore.OpenAsync(options.State, cancellation: cancellation).ConfigureAwait(false);
        var service = PlacementService.Start(
            state, new ServiceParts { Options = options, Worker = DecisionProcess.OfThisProgram(), Scratch = Path.Combine(folder, "scratch") });
        var started = new LiveDemoService(state, service, await ServiceHost.StartAsync(options, service, null, cancellation).ConfigureAwait(false));
        while (!service.Leads)
            await Task.Delay(20, cancellation).ConfigureAwait(false);
        return started;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync().ConfigureAwait(false);
        await Service.DisposeAsync().ConfigureAwait(false);
        await state.DisposeAsync().ConfigureAwait(false);
    }
}
