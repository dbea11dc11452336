using Microsoft.Win32.SafeHandles;

namespace MoEPlace.Placement.Solvers;

/// <summary>Owns one model of CBC.</summary>
internal sealed class CbcModelHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        CbcNative.DeleteModel(handle);
        return true;
    }
}
