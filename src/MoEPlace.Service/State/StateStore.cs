using MoEPlace.Service.Applies;
using MoEPlace.Service.Decisions;

namespace MoEPlace.Service.State;

/// <summary>
/// What the service must not lose, in SQLite or PostgreSQL. Every write shows the term of the writer and happens whole or not at all, with the events that
/// tell of it; reads need none.
/// </summary>
public sealed class StateStore : IAsyncDisposable
{
    /// <summary>Opens it and makes its tables where they are missing.</summary>
    /// <param name="connection"><c>sqlite:FILE</c>, or a connection string of PostgreSQL.</param>
    /// <param name="time">Clock of what is written; null for the system's.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <exception cref="InputException">It cannot be opened; secrets are not told.</exception>
    public static Task<StateStore> OpenAsync(string connection, TimeProvider? time = null, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>Becomes or stays the leader, by the database's clock; null where another leads whose lease has not run out.</summary>
    public Task<Term?> LeadAsync(string holder, TimeSpan lease, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Gives the lead up at once.</summary>
    public Task ResignAsync(Term term, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Who leads; null for nobody.</summary>
    public Task<string?> LeaderAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>All jobs, by name.</summary>
    public Task<IReadOnlyList<JobRecord>> JobsAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Puts a job on record, or another state of it.</summary>
    public Task PutJobAsync(Term term, JobRecord job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Removes a job with all that belongs to it but its events.</summary>
    public Task RemoveJobAsync(Term term, string job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Keeps a placement of a job by its digest.</summary>
    public Task PutPlacementAsync(Term term, string job, ExpertPlacement placement, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The content of a placement file by its digest; null where the job has none such.</summary>
    public Task<string?> PlacementAsync(string job, string digest, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Puts a decision on record with all that it was made of; its plan, if any, is kept among the placements.</summary>
    public Task AddDecisionAsync(
        Term term, Decision decision, DateTimeOffset at, ReadOnlyMemory<byte> record, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) =>
        throw new NotImplementedException();

    /// <summary>Decisions of a job, the latest first.</summary>
    public Task<IReadOnlyList<DecisionRow>> DecisionsAsync(string job, int most, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>A decision; null where there is none.</summary>
    public Task<DecisionRow?> DecisionAsync(string job, int number, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The record of a decision (<see cref="DecisionRecord"/>); null where there is none.</summary>
    public Task<byte[]?> DecisionRecordAsync(string job, int number, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Applies of a job, the latest first.</summary>
    public Task<IReadOnlyList<Apply>> AppliesAsync(string job, int most, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Begins an apply: only where none of the job is under way.</summary>
    /// <returns>Whether it was begun.</returns>
    public Task<bool> BeginApplyAsync(Term term, Apply apply, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Puts another state of an apply on record, and of its job where that changed, only where its version is still the one before.</summary>
    /// <returns>Whether it was.</returns>
    public Task<bool> ChangeApplyAsync(
        Term term, Apply after, JobRecord? job, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Puts events on record by themselves.</summary>
    public Task AddEventsAsync(Term term, IReadOnlyList<ServiceEvent> events, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>Events after one, oldest first.</summary>
    /// <param name="after">The sequence number of the last that is known; 0 for all.</param>
    /// <param name="job">Of one job; null for all.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="cancellation">Gives it up.</param>
    public Task<IReadOnlyList<ServiceEvent>> EventsAsync(long after, string? job, int most, CancellationToken cancellation) => throw new NotImplementedException();

    /// <summary>The sequence number of the last event; 0 where there is none.</summary>
    public Task<long> LastEventAsync(CancellationToken cancellation) => throw new NotImplementedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
