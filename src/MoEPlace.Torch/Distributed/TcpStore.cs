using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch.Distributed;

/// <summary>c10d's TCPStore: a table of keys and bytes through which processes find each other. One process serves it, the others connect.</summary>
public sealed unsafe class TcpStore : IDisposable
{
    private nint store;

    private TcpStore(nint store) => this.store = store != 0 ? store : throw NativeTorch.Failure();

    /// <summary>The port that it is served on.</summary>
    public int Port => NativeTorch.store_port(Handle);

    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(store == 0, this);
            return store;
        }
    }

    /// <summary>Serves a store, to whoever reaches the port: c10d binds it on all addresses of this machine and asks for no secret.</summary>
    /// <param name="host">The address by which this process itself reaches it.</param>
    /// <param name="port">0 for any that is free.</param>
    /// <param name="timeout">How long <see cref="Get"/> waits for a key.</param>
    /// <exception cref="TorchException">The port is in use, or the address is not reached.</exception>
    public static TcpStore Serve(string host, int port, TimeSpan timeout) =>
        new(NativeTorch.store(host, port, 1, (long)timeout.TotalMilliseconds));

    /// <summary>Connects to a store.</summary>
    /// <param name="host">Where it is served.</param>
    /// <param name="port">On which port.</param>
    /// <param name="timeout">How long to try, and how long <see cref="Get"/> waits for a key.</param>
    /// <exception cref="TorchException">Nobody serves there.</exception>
    public static TcpStore Connect(string host, int port, TimeSpan timeout) =>
        new(NativeTorch.store(host, port, 0, (long)timeout.TotalMilliseconds));

    /// <summary>Sets a key.</summary>
    public void Set(string key, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
            NativeTorch.Done(NativeTorch.store_set(Handle, key, bytes, value.Length));
    }

    /// <summary>Whether a key is set, without waiting.</summary>
    public bool Has(string key)
    {
        int has;
        NativeTorch.Done(NativeTorch.store_has(Handle, key, &has));
        return has != 0;
    }

    /// <summary>The value of a key; waits until it is set.</summary>
    /// <exception cref="TorchException">It was not set in time.</exception>
    public byte[] Get(string key)
    {
        var value = new byte[256];
        while (true)
        {
            long length;
            fixed (byte* bytes = value)
                NativeTorch.Done(NativeTorch.store_get(Handle, key, bytes, value.Length, &length));
            if (length <= value.Length)
                return value[..(int)length];
            value = new byte[length];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (store != 0)
            NativeTorch.store_free(store);
        store = 0;
    }
}
