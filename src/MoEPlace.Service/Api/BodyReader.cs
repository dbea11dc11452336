using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace MoEPlace.Service.Api;

/// <summary>
/// Reads whole bodies: what is small at once, what is great a few at a time, so that what is held of them together stays bounded.
/// </summary>
/// <param name="most">Great ones at once.</param>
/// <param name="longest">How long a great one waits for the others at most, and how long it may then take to come.</param>
internal sealed class BodyReader(int most, TimeSpan longest) : IDisposable
{
    private const int SmallBody = 64 * 1024;
    private const int SmallRoute = 1 << 20;
    private readonly SemaphoreSlim seats = new(most);

    /// <summary>Reads a body to its end.</summary>
    /// <param name="body">The body.</param>
    /// <param name="mostBytes">Bytes that its route takes; null for what the configuration allows.</param>
    /// <param name="gone">Cancelled when whoever sends is gone.</param>
    /// <exception cref="ApiRefusalException">Too many great ones come at once, or it comes too slowly.</exception>
    public async Task<byte[]> ReadAsync(Stream body, int? mostBytes, CancellationToken gone)
    {
        using var bytes = new MemoryStream();
        if (mostBytes <= SmallRoute)
            await body.CopyToAsync(bytes, gone).ConfigureAwait(false);
        else if (await BeginAsync(body, bytes, gone).ConfigureAwait(false))
            await GoOnAsync(body, bytes, gone).ConfigureAwait(false);
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => seats.Dispose();

    /// <summary>Reads what a small one has at most; whether there may be more.</summary>
    private static async Task<bool> BeginAsync(Stream body, MemoryStream bytes, CancellationToken gone)
    {
        var first = ArrayPool<byte>.Shared.Rent(SmallBody);
        try
        {
            var part = first.AsMemory(0, SmallBody);
            var length = await body.ReadAtLeastAsync(part, SmallBody, throwOnEndOfStream: false, gone).ConfigureAwait(false);
            bytes.Write(first, 0, length);
            return length == SmallBody;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(first);
        }
    }

    private async Task GoOnAsync(Stream body, MemoryStream bytes, CancellationToken gone)
    {
        if (!await seats.WaitAsync(longest, gone).ConfigureAwait(false))
            throw new ApiRefusalException(StatusCodes.Status429TooManyRequests, "too many great bodies at once");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(gone);
        limit.CancelAfter(longest);
        try
        {
            await body.CopyToAsync(bytes, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            throw new ApiRefusalException(StatusCodes.Status408RequestTimeout, "the body comes too slowly");
        }
        finally
        {
            seats.Release();
        }
    }
}
