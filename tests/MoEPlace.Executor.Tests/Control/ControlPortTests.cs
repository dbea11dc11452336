using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.RegularExpressions;
using MoEPlace.Executor.Applying;
using MoEPlace.Executor.Control;
using Xunit;

namespace MoEPlace.Executor.Tests.Control;

public sealed partial class ControlPortTests
{
    private const string Unauthorised = "{\"status\":null,\"faults\":null,\"refused\":\"the token is not that of this job\"}\n";

    private const string Odd = "{}[]\",:0-9e\\u\n\0\u00ff";

    [Fact]
    public void Listens_on_the_loopback_address_alone()
    {
        using var given = new PortCase();
        var heard = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(end => end.Port == given.File.Port);
        Assert.All(heard, end => Assert.Equal(IPAddress.Loopback, end.Address));
        Assert.NotEmpty(heard);
    }

    [Fact]
    public void Tells_nothing_to_who_does_not_know_the_token()
    {
        using var given = new PortCase();
        var token = given.File.Token;
        string[] lines =
        [
            "", "\n", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "{}\n", "{\"token\":\"\"}\n", "{\"ask\":\"status\"}\n",
            $"{{\"token\":\"{new string('0', token.Length)}\",\"ask\":\"status\"}}\n",
            $"{{\"token\":\"{token.ToUpperInvariant()}x\",\"ask\":\"status\"}}\n",
            $"{{\"ask\":\"status\",\"token\":\"{token}\"}}\n", $"{{ \"token\":\"{token}\",\"ask\":\"status\"}}\n",
            $"{{\"token\":\"{token[..^1]}",
            given.ApplyLine(token[..^1] + (token[^1] == '0' ? '1' : '0')), given.ApplyLine("0" + token[1..] + "0"),
        ];
        foreach (var line in lines)
            Assert.True(given.Answer(line) == Unauthorised, line);
        Assert.Null(given.Desk.Take());
    }

    /// <summary>
    /// Bytes of good lines changed, left out, doubled, moved: never a hang or a crash; nothing comes to the desk but whole requests, and
    /// nothing is told unless the token stands whole at the beginning.
    /// </summary>
    [Fact]
    public async Task Lines_that_were_changed_in_any_way_are_answered_in_a_line_or_closed()
    {
        var limits = new ControlLimits { LineBytes = 4096, Token = TimeSpan.FromSeconds(20) };
        using var given = new PortCase(limits);
        var head = ControlRequest.Head(given.File.Token);
        using var jobEnds = new CancellationTokenSource();
        var job = Task.Run(() => Serve(given.Desk, jobEnds.Token), TestContext.Current.CancellationToken);
        byte[][] good = [.. new[] { given.ApplyLine(), given.Line("status"), given.Line("abort") }.Select(Encoding.UTF8.GetBytes)];
        for (var seed = 1; seed <= 600; seed++)
        {
            var random = new SeedStream(seed, "control");
            var line = good[random.Next(good.Length)].ToList();
            // Mostly behind the token, which else would stop nearly all of them.
            var begin = random.Next(4) == 0 ? 0 : head.Length;
            for (var changes = 1 + random.Next(4); changes > 0 && line.Count > begin; changes--)
                Change(line, begin + random.Next(line.Count - begin), random);
            var answer = given.Answer([.. line]);
            var known = line.Count >= head.Length && line.Take(head.Length).SequenceEqual(head);
            if (!known)
                Assert.True(answer == Unauthorised, $"seed {seed}: {answer}");
            else
                Assert.True(
                    Answers().IsMatch(answer) && !answer.Contains(ControlService.Failed, StringComparison.Ordinal), $"seed {seed}: {answer}");
        }
        Assert.StartsWith("{\"status\":{\"state\":\"done\"", given.Answer(given.Line("status")), StringComparison.Ordinal);
        await jobEnds.CancelAsync();
        Assert.True(await job > 0, "not one request was left whole");
    }

    [Fact]
    public void Says_every_fault_of_a_request()
    {
        using var given = new PortCase();
        Assert.Contains("further", given.Answer(Ask("\"further\":1")), StringComparison.Ordinal);
        Assert.Contains("status or apply or abort", given.Answer(Ask("\"ask\":\"stop\"")), StringComparison.Ordinal);
        var both = given.Answer(Ask("\"ask\":\"status\",\"placement\":{},\"bytesPerStep\":1"));
        Assert.Contains("\"field\":\"placement\"", both, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"bytesPerStep\"", both, StringComparison.Ordinal);
        var none = given.Answer(Ask("\"ask\":\"apply\""));
        Assert.Contains("\"field\":\"placement\"", none, StringComparison.Ordinal);
        Assert.Contains("\"field\":\"bytesPerStep\"", none, StringComparison.Ordinal);
        var other = given.Answer(Ask("\"ask\":\"apply\",\"placement\":{\"format\":\"x\"},\"bytesPerStep\":1"));
        Assert.Contains("faults", other, StringComparison.Ordinal);
        Assert.Null(given.Desk.Take());

        string Ask(string rest) => $"{{\"token\":\"{given.File.Token}\",{rest}}}\n";
    }

    [Fact]
    public void A_line_that_is_too_long_or_never_ends_is_refused()
    {
        using (var given = new PortCase(new ControlLimits { LineBytes = 1000 }))
        {
            var line = given.Line("status").TrimEnd('\n');
            Assert.Contains("\"status\":{", given.Answer(line.PadRight(1000) + "\n"), StringComparison.Ordinal);
            Assert.Contains("no whole line", given.Answer(line.PadRight(1001) + "\n"), StringComparison.Ordinal);
            Assert.Contains("no whole line", given.Answer(line.PadRight(200_000)), StringComparison.Ordinal);
        }
        using var hasty = new PortCase(new ControlLimits { Line = TimeSpan.FromMilliseconds(100) });
        var head = Encoding.ASCII.GetString(ControlRequest.Head(hasty.File.Token));
        Assert.Contains("no whole line", hasty.Answer(head, ends: false), StringComparison.Ordinal);
        Assert.Equal(Unauthorised, hasty.Answer(head[..20], ends: false));
    }

    [Fact]
    public async Task Silent_clients_hold_nobody_for_long_and_are_never_more_than_the_limit()
    {
        using var given = new PortCase(new ControlLimits { Connections = 3, Token = TimeSpan.FromSeconds(1) });
        var silent = Enumerable.Range(0, 5).Select(_ => given.Connect()).ToList();
        var status = await given.Client.StatusAsync(TestContext.Current.CancellationToken);
        Assert.Equal(ApplyState.Serving, status.State);
        silent.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task A_client_that_takes_no_answers_neither_holds_the_job_nor_its_end()
    {
        using var given = new PortCase(new ControlLimits { Farewell = TimeSpan.FromMilliseconds(300) });
        using var deaf = given.Connect();
        deaf.ReceiveBufferSize = 1;
        deaf.Send(Encoding.UTF8.GetBytes(given.ApplyLine()));
        given.Take();
        var reason = new string('x', 1 << 20);
        for (var i = 0; i < 50; i++)
            given.Desk.Tell(new ApplyStatus(ApplyState.Preparing, 0, i, Reason: reason));
        Assert.Equal(49, (await given.Client.StatusAsync(TestContext.Current.CancellationToken)).Steps);
        given.Port.Dispose();
    }

    [Fact]
    public void A_job_ends_though_clients_are_in_the_middle_of_a_line()
    {
        using var given = new PortCase();
        using var begun = given.Connect();
        using var silent = given.Connect();
        begun.Send(ControlRequest.Head(given.File.Token));
        given.Port.Dispose();
        given.Port.Dispose();
    }

    /// <summary>One line.</summary>
    [GeneratedRegex("^[{][^\n]*[}]\n$")]
    private static partial Regex Answers();

    /// <summary>What a job does that takes every placement at once; how many there were.</summary>
    private static int Serve(ApplyDesk desk, CancellationToken end)
    {
        var taken = 0;
        for (; !end.IsCancellationRequested; Thread.Sleep(1))
        {
            if (desk.Take() is not { } wish)
                continue;
            Assert.True(wish.Target.Ranks == 2 && wish.Target.Experts == 4 && wish.BytesPerStep >= 1);
            taken++;
            desk.Tell(PortCase.Done);
        }
        return taken;
    }

    private static void Change(List<byte> line, int at, SeedStream random)
    {
        var count = Math.Min(1 + random.Next(8), line.Count - at);
        switch (random.Next(5))
        {
            case 0:
                line[at] = (byte)random.Next(256);
                break;
            case 1:
                line.RemoveRange(at, count);
                break;
            case 2:
                line.InsertRange(at, line.GetRange(at, count));
                break;
            case 3:
                line.InsertRange(at, Enumerable.Range(0, count).Select(_ => (byte)Odd[random.Next(Odd.Length)]));
                break;
            default:
                line[at] ^= (byte)(1 << random.Next(8));
                break;
        }
    }
}
