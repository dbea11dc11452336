using Microsoft.AspNetCore.Http;

namespace MoEPlace.Service.Api;

/// <summary>Bounds the streams that are read at once: each holds a frame in memory.</summary>
/// <param name="most">Of all jobs together.</param>
/// <param name="mostOfJob">Of one job.</param>
internal sealed class StreamSeats(int most, int mostOfJob)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> taken = new(StringComparer.Ordinal);
    private int all;

    /// <summary>Takes a seat for a job until it is disposed.</summary>
    /// <exception cref="ApiRefusalException">There is none.</exception>
    public IDisposable Take(string job)
    {
        lock (gate)
        {
            var ofJob = taken.GetValueOrDefault(job);
            if (ofJob >= mostOfJob)
                throw new ApiRefusalException(StatusCodes.Status429TooManyRequests, $"{mostOfJob} streams of the job are read already");
            if (all >= most)
                throw new ApiRefusalException(StatusCodes.Status429TooManyRequests, $"{most} streams are read already");
            taken[job] = ofJob + 1;
            all++;
        }
        return new Seat(this, job);
    }

    private void Leave(string job)
    {
        lock (gate)
        {
            all--;
            if (--taken[job] == 0)
                taken.Remove(job);
        }
    }

    private sealed class Seat(StreamSeats seats, string job) : IDisposable
    {
        private int left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0)
                seats.Leave(job);
        }
    }
}
