using MoEPlace;
using MoEPlace.Benchmarks;
using MoEPlace.Benchmarks.Peers;

// Each verb answers one question against a named baseline and says on which machine and commit it was asked.
try
{
    switch (args)
    {
        case ["counting", .. var rest]:
            return CountingBenchmark.Run(rest);
        case ["peers", .. var rest]:
            return PeersBenchmark.Run(rest);
        default:
            Console.Error.WriteLine("""
                usage: MoEPlace.Benchmarks QUESTION
                  counting [--tokens N] [--repeats N]   how much faster are load, transitions and co-activation counted than in numpy?
                  peers [--seconds S] [--output DIR]    how do our placements compare with those of others on the same tokens? (a page)
                """);
            return 2;
    }
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
