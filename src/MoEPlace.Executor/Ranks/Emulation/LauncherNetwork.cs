using System.Globalization;
using System.Runtime.InteropServices;

namespace MoEPlace.Executor.Ranks.Emulation;

/// <summary>The network that the launcher of this rank lives in, seen from an emulated node: what a rank says to others than ranks goes that way.</summary>
public static partial class LauncherNetwork
{
    /// <summary>Does something on a thread of the launcher's network: sockets that it makes are there, and take nothing of the links between nodes.</summary>
    /// <param name="work">What is done.</param>
    /// <exception cref="IOException">The kernel refuses.</exception>
    public static T Inside<T>(Func<T> work) =>
        NetworkNamespace.Run(string.Create(CultureInfo.InvariantCulture, $"/proc/{getppid()}/ns/net"), work);

    [LibraryImport("libc")]
    private static partial int getppid();
}
