using System.Runtime.InteropServices;

namespace MoEPlace.Placement.Solvers;

/// <summary>The part of CBC's C interface (Cbc_C_Interface.h of 2.10) that <see cref="CbcSolver"/> uses.</summary>
internal static unsafe partial class CbcNative
{
    private const string Library = "libCbcSolver.so.3";

    [LibraryImport(Library, EntryPoint = "Cbc_newModel")]
    internal static partial CbcModelHandle NewModel();

    [LibraryImport(Library, EntryPoint = "Cbc_deleteModel")]
    internal static partial void DeleteModel(nint model);

    [LibraryImport(Library, EntryPoint = "Cbc_loadProblem")]
    internal static partial void LoadProblem(
        CbcModelHandle model, int columns, int rows, int* columnStart, int* rowIndices, double* coefficients,
        double* columnLower, double* columnUpper, double* objective, double* rowLower, double* rowUpper);

    [LibraryImport(Library, EntryPoint = "Cbc_setInteger")]
    internal static partial void SetInteger(CbcModelHandle model, int column);

    [LibraryImport(Library, EntryPoint = "Cbc_setObjSense")]
    internal static partial void SetObjectiveSense(CbcModelHandle model, double sense);

    [LibraryImport(Library, EntryPoint = "Cbc_setLogLevel")]
    internal static partial void SetLogLevel(CbcModelHandle model, int level);

    [LibraryImport(Library, EntryPoint = "Cbc_setParameter", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void SetParameter(CbcModelHandle model, string name, string value);

    [LibraryImport(Library, EntryPoint = "Cbc_setMaximumSeconds")]
    internal static partial void SetMaximumSeconds(CbcModelHandle model, double seconds);

    /// <summary>The ClpSimplex of an OsiClpSolverInterface, by its C++ name: the C interface has no way to it.</summary>
    [LibraryImport("libOsiClp.so.1", EntryPoint = "_ZNK21OsiClpSolverInterface11getModelPtrEv")]
    internal static partial nint LinearSolverOf(nint solver);

    /// <summary>ClpModel::setMaximumWallSeconds, of the linear program by itself; copies of it inherit the end, which is a time of day.</summary>
    [LibraryImport("libClp.so.1", EntryPoint = "_ZN8ClpModel21setMaximumWallSecondsEd")]
    internal static partial void SetLinearSolverSeconds(nint simplex, double seconds);

    [LibraryImport(Library, EntryPoint = "Cbc_setMaximumNodes")]
    internal static partial void SetMaximumNodes(CbcModelHandle model, int nodes);

    [LibraryImport(Library, EntryPoint = "Cbc_setAllowableGap")]
    internal static partial void SetAllowableGap(CbcModelHandle model, double gap);

    [LibraryImport(Library, EntryPoint = "Cbc_setAllowableFractionGap")]
    internal static partial void SetAllowableFractionGap(CbcModelHandle model, double gap);

    [LibraryImport(Library, EntryPoint = "Cbc_setMIPStartI")]
    internal static partial void SetStart(CbcModelHandle model, int count, int* columns, double* values);

    [LibraryImport(Library, EntryPoint = "Cbc_addCutCallback", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial void AddCutCallback(
        CbcModelHandle model, delegate* unmanaged[Cdecl]<nint, nint, nint, void> callback, string name, nint data);

    [LibraryImport(Library, EntryPoint = "OsiCuts_addRowCut")]
    internal static partial void AddRowCut(nint cuts, int count, int* columns, double* coefficients, byte sense, double right);

    [LibraryImport(Library, EntryPoint = "Cbc_solve")]
    internal static partial int Solve(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_status")]
    internal static partial int Status(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_isProvenOptimal")]
    internal static partial int IsProvenOptimal(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_isProvenInfeasible")]
    internal static partial int IsProvenInfeasible(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_isContinuousUnbounded")]
    internal static partial int IsContinuousUnbounded(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_isInitialSolveProvenPrimalInfeasible")]
    internal static partial int IsRelaxationInfeasible(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_getBestPossibleObjValue")]
    internal static partial double BestBound(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_getNodeCount")]
    internal static partial int NodeCount(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_bestSolution")]
    internal static partial double* BestSolution(CbcModelHandle model);

    [LibraryImport(Library, EntryPoint = "Cbc_getColSolution")]
    internal static partial double* ColumnSolution(CbcModelHandle model);
}
