using MoEPlace;
using MoEPlace.Benchmarks;

// Each verb answers one question against a named baseline and says on which machine and commit it was asked.
try
{
    switch (args)
    {
        case ["counting", .. var rest]:
            return CountingBenchmark.Run(rest);
        case ["eplb", .. var rest]:
            return EplbBenchmark.Run(rest);
        default:
            Console.Error.WriteLine("""
                usage: MoEPlace.Benchmarks QUESTION
                  counting [--tokens N] [--repeats N]   how much faster are load, transitions and co-activation counted than in numpy?
                  eplb [--repeats N]                    how much faster does EPLB balance 58 x 256 experts over 320 slots than in numpy?
                """);
            return 2;
    }
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
