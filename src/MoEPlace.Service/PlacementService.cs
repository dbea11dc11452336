using MoEPlace.Service.Applies;
using MoEPlace.Service.Jobs;
using MoEPlace.Service.Routing;
using MoEPlace.Service.State;

namespace MoEPlace.Service;

/// <summary>
/// The service without its wire: jobs, their routing, decisions and applies. Every method that changes something throws
/// <see cref="LeadershipLostException"/> where another instance leads, <see cref="JobNotFoundException"/> for a job that is not there,
/// <see cref="ConflictException"/> where the job does not take it as it stands, and <see cref="InputException"/> with every fault.
/// </summary>
public sealed class PlacementService : IAsyncDisposable
{
    /// <summary>Whether this instance leads.</summary>
    public bool Leads => throw new NotImplementedException();

    /// <summary>Told of every event after it is on record; quick and without exceptions.</summary>
    public event Action<ServiceEvent>? Happened;

    /// <summary>Registers a job; one of the same name, model, cluster and engine goes on as it is.</summary>
    public Task<JobView> RegisterAsync(JobSpec spec, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Removes a job.</summary>
    public Task RemoveAsync(string job, string by, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>All jobs, by name.</summary>
    public IReadOnlyList<JobView> Jobs() => throw new NotImplementedException();

    /// <summary>A job.</summary>
    public JobView Job(string job) => throw new NotImplementedException();

    /// <summary>The model and the ranks of a job, to read frames by.</summary>
    public (MoEModel Model, int Ranks) ShapeOf(string job) => throw new NotImplementedException();

    /// <summary>Takes rows; waits while the job has more than it can look at.</summary>
    public ValueTask TakeAsync(string job, RoutedRows rows, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Takes counts; looked at before it returns.</summary>
    public void Take(string job, long tokens, ReadOnlySpan<int> counts) => throw new NotImplementedException();

    /// <summary>Takes a report.</summary>
    public Task<ReportReply> ReportAsync(string job, JobReport report, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Has a decision made; returns its number at once.</summary>
    /// <param name="job">The job.</param>
    /// <param name="simulate">Whether the simulator is asked as well.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="cancellation">Gives it up.</param>
    public Task<int> PlanAsync(string job, bool simulate, string by, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Applies the plan of a decision.</summary>
    public Task<Apply> ApplyAsync(string job, int decision, string by, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Goes back to the placement before: turns an apply that is under way, or begins one back.</summary>
    public Task<Apply> RollBackAsync(string job, string by, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>What an engine other than ours tells of an apply.</summary>
    public Task<Apply> ToldAsync(string job, int apply, EngineOutcome outcome, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The map of a placement for the engine of the job: its file.</summary>
    public Task<byte[]> EngineMapAsync(string job, string digest, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The latest samples of a job, oldest first.</summary>
    public IReadOnlyList<JobSample> History(string job) => throw new NotImplementedException();

    /// <summary>Load and traffic of the latest tokens under the placement in force.</summary>
    public RoutingMeasures Traffic(string job) => throw new NotImplementedException();

    /// <summary>What is on record.</summary>
    public StateStore State => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();

    private void Tell(ServiceEvent e) => Happened?.Invoke(e);
}
