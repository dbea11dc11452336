using MoEPlace;
using MoEPlace.Benchmarks;
using MoEPlace.Benchmarks.Drift;
using MoEPlace.Benchmarks.Gates;
using MoEPlace.Benchmarks.Kernels;
using MoEPlace.Benchmarks.Peers;
using MoEPlace.Benchmarks.Services;

// Each verb answers one question against a named baseline and says on which machine and commit it was asked.
try
{
    switch (args)
    {
        case ["counting", .. var rest]:
            return CountingBenchmark.Run(rest);
        case ["peers", .. var rest]:
            return PeersBenchmark.Run(rest);
        case ["gates", .. var rest]:
            return GatesBenchmark.Run(rest);
        case ["placements", .. var rest]:
            return PlacementBenchmark.Run(rest);
        case ["large", .. var rest]:
            return LargeBenchmark.Run(rest);
        case ["recording", .. var rest]:
            return RecordingBenchmark.Run(rest);
        case ["eplb", .. var rest]:
            return EplbBenchmark.Run(rest);
        case ["alltoall", .. var rest]:
            return AllToAllBenchmark.Run(rest);
        case ["kernel", .. var rest]:
            return KernelBenchmark.Run(rest);
        case ["fidelity", .. var rest]:
            return FidelityBenchmark.Run(rest);
        case ["step", .. var rest]:
            return StepBenchmark.Run(rest);
        case ["drift", .. var rest]:
            return DriftBenchmark.Run(rest);
        case ["service", .. var rest]:
            return ServiceBenchmark.Run(rest);
        default:
            Console.Error.WriteLine("""
                usage: MoEPlace.Benchmarks QUESTION
                  counting [--tokens N] [--repeats N]   how much faster are load, transitions and co-activation counted than in numpy?
                  peers [--seconds S] [--output DIR]    how do our placements compare with those of others on the same tokens? (a page)
                  gates [--steps N] [--gate KIND]... [--output DIR] [--work DIR]
                                                        how does affinity grow in training, and how does it differ by gate? (a page)
                  placements [--seconds S] [--seeds N] [--case NAME]
                                                        how good are placements of two real recordings at a time limit?
                  large [--seconds S]                   is a placement of DeepSeek-V3's size better than EPLB's in load and node copies?
                  recording [--model FOLDER] [--pairs N]
                                                        how much slower is a run that records its routing?
                  eplb [--repeats N]                    how much faster does EPLB balance 58 x 256 experts over 320 slots than in numpy?
                  alltoall [--repeats N]                how fast does the simulator run all-to-alls, uniform and skewed, by pairs and by ports?
                  kernel [--events N] [--repeats N]     how many events a second does the simulator's kernel carry, on one core and on two?
                  fidelity [--data FOLDER] [--refit]    how far are the simulator's constants from published measurements, and from rows left out?
                  step [--tokens N] [--repeats N]       is a decode step of DeepSeek-V3's shape on 1,024 GPUs simulated in under 1 s and 2 GB?
                  drift [--trials N] [--streams N] [--trace NAME]
                                                        how soon is a shift of the domain seen, and how often is one told that is none?
                  service [--seconds N] [--jobs N] [--planning SECONDS]
                                                        does the placement service keep up with 200 jobs, beside planning runs as well?
                """);
            return 2;
    }
}
catch (InputException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
