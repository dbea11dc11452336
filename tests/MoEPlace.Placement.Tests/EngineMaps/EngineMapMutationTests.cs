using System.Text;
using Xunit;

namespace MoEPlace.Placement.Tests.EngineMaps;

public sealed class EngineMapMutationTests
{
    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\n", "-", "0", "1", "4", "99999999999", "-1", "1e3", "null", "true",
        "\\ud800", "\"0\"", "&a ", "*a", "!!str ", "? ", "- ", "#", "|", ">", "'", "%", "---\n", "...\n", "\t", " ",
    ];

    [Theory]
    [InlineData("sglang")]
    [InlineData("vllm")]
    [InlineData("vllm-ascend")]
    [InlineData("trtllm")]
    [InlineData("exflow")]
    public void A_mutated_map_is_read_or_refused_and_never_breaks_the_reader(string engine)
    {
        var original = Encoding.UTF8.GetBytes(EngineMapSamples.Text(engine));
        var refused = 0;
        const int runs = 3000;
        for (var run = 0; run < runs; run++)
        {
            var random = new SeedStream(10, engine, run);
            var content = original;
            for (var times = 1 + random.Next(3); times > 0; times--)
                content = Mutate(content, random);
            try
            {
                EngineMapSamples.Parse(engine, content);
            }
            catch (InputException e)
            {
                Assert.NotEmpty(e.Faults);
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"run {run}: {e}\n{Encoding.UTF8.GetString(content)}");
            }
        }
        Assert.InRange(refused, runs / 4, runs - 1);
    }

    private static byte[] Mutate(byte[] content, SeedStream random)
    {
        var at = random.Next(content.Length + 1);
        var length = random.Next(Math.Min(content.Length - at, 20) + 1);
        var (before, cut, after) = (content[..at], content[at..(at + length)], content[(at + length)..]);
        return random.Next(6) switch
        {
            0 => [.. before, (byte)random.Next(256), .. content[Math.Min(at + 1, content.Length)..]],
            1 => [.. before, .. after],
            2 => [.. before, .. cut, .. cut, .. after],
            3 => [.. before, .. Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]), .. content[at..]],
            4 => random.Next(8) == 0 ? before : [.. after, .. cut, .. before],
            _ => [.. before, .. Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]), .. content[Math.Min(at + 1, content.Length)..]],
        };
    }
}
