using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(MoEPlace.Tests.Shared.ChromiumFixture))]

namespace MoEPlace.Tests.Shared;

/// <summary>The browser that the tests share; started by the first that needs it.</summary>
public sealed class ChromiumFixture : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";
    private readonly SemaphoreSlim once = new(1);
    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <summary>A page of its own context; what it writes to its console as an error, or throws, is in <paramref name="faults"/>.</summary>
    internal async Task<IPage> OpenAsync(List<string> faults, ColorScheme scheme = ColorScheme.Light, int width = 1440, int height = 1000)
    {
        var context = await (await StartAsync()).NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = scheme,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            TimezoneId = "UTC",
            Locale = "en-GB",
        });
        var page = await context.NewPageAsync();
        page.SetDefaultTimeout(20_000);
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                faults.Add(message.Text);
        };
        page.PageError += (_, message) => faults.Add(message);
        return page;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (browser is not null)
            await browser.DisposeAsync();
        playwright?.Dispose();
        once.Dispose();
    }

    private async Task<IBrowser> StartAsync()
    {
        await once.WaitAsync();
        try
        {
            if (browser is not null)
                return browser;
            Assert.True(File.Exists(Program), $"{Program} is missing; install the package chromium, as ./test does");
            playwright = await Playwright.CreateAsync();
            return browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
            {
                ExecutablePath = Program,
                Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
            });
        }
        finally
        {
            once.Release();
        }
    }
}
