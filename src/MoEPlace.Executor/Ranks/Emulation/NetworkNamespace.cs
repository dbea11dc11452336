using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>The network namespaces of this machine.</summary>
internal static partial class NetworkNamespace
{
    private const int NewNetwork = 0x4000_0000;

    /// <summary>Does something on a thread that enters a namespace, and ends with it (setns(2)).</summary>
    /// <param name="name">As <c>ip netns</c> knows it.</param>
    /// <param name="work">What is done.</param>
    /// <exception cref="IOException">The kernel refuses, or gives no right to what is done.</exception>
    internal static T Run<T>(string name, Func<T> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var (result, failure) = (default(T)!, default(ExceptionDispatchInfo));
        var thread = new Thread(() =>
        {
            try
            {
                using var space = File.OpenHandle(Path.Combine(NetworkNames.Namespaces, name));
                if (setns(space, NewNetwork) != 0)
                    throw new IOException($"{name}: {Marshal.GetLastPInvokeErrorMessage()}");
                result = work();
            }
            catch (UnauthorizedAccessException e)
            {
                failure = ExceptionDispatchInfo.Capture(new IOException($"{name}: {e.Message}", e));
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setns(SafeFileHandle space, int kind);
}
