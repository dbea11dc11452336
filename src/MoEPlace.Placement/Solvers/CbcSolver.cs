using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MoEPlace.Placement.Solvers;

/// <summary>
/// COIN-OR CBC in this process, through its C interface. The library keeps state outside its models, so solves wait for one another.
/// It has no call that ends a solve: a cancelled one is made infeasible by cuts, and so runs out once it looks for cuts, or at its limit.
/// </summary>
public sealed unsafe class CbcSolver : IIntegerSolver
{
    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    /// <inheritdoc/>
    public string Name => "cbc";

    /// <inheritdoc/>
    public IntegerSolution Solve(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(program);
        OneAtATime.Wait(cancellation);
        try
        {
            return SolveAlone(program, options, cancellation);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException)
        {
            throw new InputException(
                "--solver", "cbc", "libCbcSolver.so.3 cannot be loaded", "CBC installed (apt-get install coinor-libcbc3), or --solver highs");
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private static IntegerSolution SolveAlone(IntegerProgram program, IntegerSolverOptions options, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var stop = (int*)NativeMemory.AllocZeroed(sizeof(int));
        try
        {
            using var model = CbcNative.NewModel();
            CbcNative.SetLogLevel(model, 0);
            Load(model, program);
            var patience = SetLimits(model, options);
            SetStart(model, program, options.Start.Span);
            CbcNative.AddCutCallback(model, &CutWhenStopped, "cancellation", (nint)stop);
            var address = (nint)stop;
            using (cancellation.Register(() => Volatile.Write(ref *(int*)address, 1)))
                CbcNative.Solve(model);
            cancellation.ThrowIfCancellationRequested();
            return Read(model, program, options, clock, linearStopped: clock.Elapsed >= patience);
        }
        finally
        {
            NativeMemory.Free(stop);
        }
    }

    private static void Load(CbcModelHandle model, IntegerProgram program)
    {
        var (start, rows, values) = ByColumn(program);
        double[] columnLower = Finite(program.ColumnLower), columnUpper = Finite(program.ColumnUpper);
        double[] rowLower = Finite(program.RowLower), rowUpper = Finite(program.RowUpper);
        fixed (int* s = start, r = rows)
        fixed (double* v = values, cl = columnLower, cu = columnUpper, o = program.Objective, rl = rowLower, ru = rowUpper)
            CbcNative.LoadProblem(model, program.Columns, program.Rows, s, r, v, cl, cu, o, rl, ru);
        CbcNative.SetObjectiveSense(model, 1);
        for (var j = 0; j < program.Columns; j++)
            if (program.IsInteger[j])
                CbcNative.SetInteger(model, j);
    }

    /// <summary>Sets all limits; returns when a linear program would be stopped inside, which leaves whatever follows from it unproven.</summary>
    private static TimeSpan SetLimits(CbcModelHandle model, IntegerSolverOptions options)
    {
        // Its seconds are those of the processor unless told otherwise.
        CbcNative.SetParameter(model, "timeMode", "elapsed");
        CbcNative.SetMaximumSeconds(model, options.TimeLimit.TotalSeconds);
        if (options.NodeLimit < int.MaxValue)
            CbcNative.SetMaximumNodes(model, options.NodeLimit);
        CbcNative.SetAllowableGap(model, 0);
        CbcNative.SetAllowableFractionGap(model, options.RelativeGap);
        CbcNative.SetParameter(model, "ratioGap", options.RelativeGap.ToString("R", CultureInfo.InvariantCulture));
        // Stopped by its limit, CBC 2.10 may crash while it undoes its preprocessing (CglPreProcess::postProcess).
        CbcNative.SetParameter(model, "preprocess", "off");
        // It looks at its clock between linear programs, of which the first can take many times the limit, so that one is limited too.
        // It is reached through the first member of Cbc_Model, an OsiClpSolverInterface (Coin_C_defines.h of 2.10).
        var patience = options.TimeLimit * 1.05 + TimeSpan.FromSeconds(1);
        var simplex = CbcNative.LinearSolverOf(*(nint*)model.DangerousGetHandle());
        CbcNative.SetLinearSolverSeconds(simplex, patience.TotalSeconds);
        return patience;
    }

    private static void SetStart(CbcModelHandle model, IntegerProgram program, ReadOnlySpan<double> start)
    {
        if (start.IsEmpty)
            return;
        var columns = new List<int>();
        for (var j = 0; j < program.Columns; j++)
            if (program.IsInteger[j])
                columns.Add(j);
        var values = new double[columns.Count];
        for (var k = 0; k < values.Length; k++)
            values[k] = start[columns[k]];
        fixed (int* c = CollectionsMarshal.AsSpan(columns))
        fixed (double* v = values)
            CbcNative.SetStart(model, values.Length, c, v);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void CutWhenStopped(nint solver, nint cuts, nint stop)
    {
        if (Volatile.Read(ref *(int*)stop) == 0)
            return;
        var (column, one) = (0, 1.0);
        CbcNative.AddRowCut(cuts, 1, &column, &one, (byte)'G', 1);
        CbcNative.AddRowCut(cuts, 1, &column, &one, (byte)'L', 0);
    }

    private static IntegerSolution Read(
        CbcModelHandle model, IntegerProgram program, IntegerSolverOptions options, Stopwatch clock, bool linearStopped)
    {
        var integer = program.IsInteger.Contains(true);
        var optimal = CbcNative.IsProvenOptimal(model) != 0;
        // Without integer columns only the relaxation is solved: its solution is elsewhere, and unbounded counts as infeasible.
        var values = integer ? CbcNative.BestSolution(model) : optimal ? CbcNative.ColumnSolution(model) : null;
        var found = values is null ? default : new ReadOnlySpan<double>(values, program.Columns);
        var status =
            optimal && values is not null ? IntegerStatus.Optimal
            : CbcNative.IsContinuousUnbounded(model) != 0 ? IntegerStatus.Unbounded
            : CbcNative.IsProvenInfeasible(model) == 0 ? values is not null ? IntegerStatus.Feasible : IntegerStatus.LimitReached
            : integer || CbcNative.IsRelaxationInfeasible(model) != 0 ? IntegerStatus.Infeasible
            : IntegerStatus.Unbounded;
        double? bound = integer ? CbcNative.BestBound(model) : optimal ? program.ObjectiveOf(found) : null;
        if (linearStopped)
            (status, bound) = (values is not null ? IntegerStatus.Feasible : IntegerStatus.LimitReached, null);
        else if (CbcNative.Status(model) == 2)
            throw new IntegerSolverException("cbc gave up: numerical difficulties.");
        return IntegerSolution.Checked("cbc", program, options, status, found, bound, CbcNative.NodeCount(model), clock.Elapsed.TotalSeconds);
    }

    private static double[] Finite(ReadOnlySpan<double> bounds)
    {
        var finite = bounds.ToArray();
        for (var i = 0; i < finite.Length; i++)
            finite[i] = Math.Clamp(finite[i], -double.MaxValue, double.MaxValue);
        return finite;
    }

    private static (int[] Start, int[] Rows, double[] Values) ByColumn(IntegerProgram program)
    {
        var start = new int[program.Columns + 1];
        foreach (var column in program.Indices)
            start[column + 1]++;
        for (var j = 0; j < program.Columns; j++)
            start[j + 1] += start[j];
        var next = start.AsSpan(0, program.Columns).ToArray();
        var (rows, values) = (new int[program.Indices.Length], new double[program.Indices.Length]);
        for (var i = 0; i < program.Rows; i++)
        {
            for (var k = program.RowStart[i]; k < program.RowStart[i + 1]; k++)
            {
                var at = next[program.Indices[k]]++;
                (rows[at], values[at]) = (i, program.Coefficients[k]);
            }
        }
        return (start, rows, values);
    }
}
