using System.Text;
using MoEPlace.Torch.Abi;

namespace MoEPlace.Torch;

public static unsafe partial class torch
{
    /// <summary>CUDA devices; without CUDA there are none.</summary>
    public static class cuda
    {
        /// <summary>How many there are.</summary>
        public static int device_count() => NativeTorch.cuda_devices();

        /// <summary>True when there is one.</summary>
        public static bool is_available() => device_count() > 0;

        /// <summary>A device's name and the CUDA version of its driver, for example 13000.</summary>
        public static (string Name, int Driver) describe(int index)
        {
            var name = stackalloc byte[256];
            int driver;
            NativeTorch.Done(NativeTorch.cuda_name(index, name, 256, &driver));
            return (Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)), driver);
        }

        /// <summary>Waits until the device has done all that it was asked for; nothing without CUDA.</summary>
        public static void synchronize() => NativeTorch.Done(NativeTorch.cuda_synchronize());

        /// <summary>Bytes that tensors hold on a device.</summary>
        public static long memory_allocated(int index)
        {
            long bytes;
            NativeTorch.Done(NativeTorch.cuda_allocated(index, &bytes));
            return bytes;
        }
    }
}
