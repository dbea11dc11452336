using System.Text;
using System.Text.RegularExpressions;

namespace MoEPlace.Service.Tests.Api;

/// <summary>Damages requests.</summary>
internal sealed class RequestMutation(SeedStream random)
{
    private static readonly string[] Methods = ["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "G\u00cbT", "X", "POSTPOST"];

    private static readonly string[] Parts =
    [
        "..", "%2e%2e", "%00", "%", "%zz", "//", "/", "?", "#", "&after=1", "?most=1", "?job=job&job=job", "job", "JOB", "-1", "0", "99999999999999999999", "1e9", "\u00ff",
        "a%2fb", ";", "*", "api", "events", "?after=9223372036854775807", "?after=18446744073709551616", "'--", "<script>",
    ];

    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e308", "-1e400", "99999999999999999999999", "0.5", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "{}", "[]", "[[[[[[[[]]]]]]]]", "\"x\"", "2147483647",
        "9223372036854775807", "NaN", "\"moeplace.placement/9\"", "1,", "{\"a\":1,\"a\":2}",
    ];

    private static readonly string[] Lines =
    [
        "Content-Type: text/plain", "Content-Type: application/json", "Content-Type: ", "Authorization: Bearer x", "Authorization: ", "Accept: */*", "Last-Event-ID: 5",
        "Last-Event-ID: x", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Host: evil.example", "Host: ", "X: \u00e9", "Content-Encoding: gzip", "Expect: nonsense",
        "Range: bytes=0-1", "Cookie: a=b", "Upgrade: websocket", "Accept-Encoding: gzip", "If-None-Match: *", "Bad Name: x", "Nocolon",
    ];

    /// <summary>Another request, its framing whole.</summary>
    public RawRequest Of(RawRequest request)
    {
        for (var times = 1 + random.Next(3); times > 0; times--)
            request = random.Next(8) switch
            {
                0 => request with { Method = Pick(Methods) },
                1 or 2 => request with { Target = Target(request.Target) },
                3 => request with { Headers = HeaderLines(request.Headers) },
                _ => request with { Body = Body(request.Body) },
            };
        return request;
    }

    /// <summary>Any bytes of it damaged, its framing as well.</summary>
    public byte[] Bytes(byte[] bytes)
    {
        var damaged = bytes.ToList();
        for (var times = 1 + random.Next(4); times > 0 && damaged.Count > 0; times--)
        {
            var at = random.Next(damaged.Count);
            switch (random.Next(5))
            {
                case 0:
                    damaged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    damaged[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    damaged.RemoveRange(at, Math.Min(1 + random.Next(16), damaged.Count - at));
                    break;
                case 3:
                    damaged.InsertRange(at, damaged.GetRange(at, Math.Min(1 + random.Next(32), damaged.Count - at)));
                    break;
                default:
                    damaged.RemoveRange(at, damaged.Count - at);
                    break;
            }
        }
        return [.. damaged];
    }

    private string Target(string target)
    {
        var at = 1 + random.Next(target.Length);
        return random.Next(3) switch
        {
            0 => target.Insert(at, Pick(Parts)),
            1 => target[..at] + Pick(Parts),
            _ => string.Join('/', target.Split('/').Select((part, i) => i > 0 && random.Next(4) == 0 ? Pick(Parts) : part)),
        };
    }

    private string HeaderLines(string headers)
    {
        var lines = headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).ToList();
        if (random.Next(3) == 0 && lines.Count > 0)
            lines.RemoveAt(random.Next(lines.Count));
        else
            lines.Insert(random.Next(lines.Count + 1), random.Next(40) == 0 ? "X: " + new string('x', 20_000) : Pick(Lines));
        return string.Concat(lines.Select(line => line + "\r\n"));
    }

    private byte[] Body(byte[] body)
    {
        if (body.Length == 0 || body[0] != '{')
            return body.Length == 0 ? Encoding.UTF8.GetBytes(Pick(Values)) : Bytes(body);
        var text = Encoding.UTF8.GetString(body);
        var spots = Regex.Matches(text, """(?<=[:\[,])(-?[0-9.e+-]+|"[^"]*"|true|false|null)|"[a-zA-Z0-9]+"(?=:)""");
        if (spots.Count == 0 || random.Next(4) == 0)
            return Bytes(body);
        var spot = spots[random.Next(spots.Count)];
        return Encoding.UTF8.GetBytes(text[..spot.Index] + Pick(Values) + text[(spot.Index + spot.Length)..]);
    }

    private string Pick(string[] of) => of[random.Next(of.Length)];
}
