using System.Text.RegularExpressions;
using Microsoft.Playwright;
using MoEPlace.Service.Applies;
using MoEPlace.Service.State;
using MoEPlace.Tests.Shared;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace MoEPlace.Service.Tests.Dashboard;

/// <summary>What the dashboard shows and does, in a real browser.</summary>
public sealed class DashboardTests(ChromiumFixture chromium)
{
    private readonly List<string> faults = [];

    [Fact]
    public async Task Shows_a_job_in_words_figures_and_charts()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8), MadeUpJob.Create("search", 1, 4, 8));
        var page = await OpenAsync(service);

        await Expect(page.Locator("#jobs a")).ToHaveTextAsync([new Regex("^chat"), new Regex("^search")]);
        await Expect(page.Locator("#name")).ToHaveTextAsync("chat");
        await Expect(page.Locator("#facts")).ToContainTextAsync("8 layers × 16 experts, top-2, on 2 × 2 ranks");
        await Expect(page.Locator("#state")).ToContainTextAsync("Serving on epoch 6");
        await Expect(page.Locator("#tiles")).ToContainTextAsync("21.4 ms");
        await Expect(page.Locator("#tiles")).ToContainTextAsync("32.6 %");
        await Expect(page.Locator("#plan-body li").First).ToContainTextAsync("18.3 % less");
        await Expect(page.Locator("#plan-body")).ToContainTextAsync("12 experts go from rank 0 to rank 2");
        await Expect(page.Locator("#layers tbody tr")).ToHaveCountAsync(7);
        await Expect(page.Locator("#links tbody tr")).ToHaveCountAsync(2);
        await Expect(page.Locator("#events li").First).ToContainTextAsync("Apply 1 was kept");
        await Expect(page.Locator("#drift-chart path.alarm, #drift-chart line.alarm")).ToHaveCountAsync(1);
        await Expect(page.Locator("#timeline rect.good")).ToHaveCountAsync(1);
        await page.Locator("#jobs a").Last.ClickAsync();
        await Expect(page.Locator("#name")).ToHaveTextAsync("search");
        Assert.Empty(faults);
        await ShootAsync(page, "light");
    }

    [Fact]
    public async Task Shows_what_changes_without_being_asked()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator("#state")).ToContainTextAsync("epoch 6");

        var job = service.Jobs["chat"];
        job.Events.Add(new ServiceEvent(12, DateTimeOffset.UnixEpoch, "chat", "verifying", "Apply 2 <b>is</b> in force."));
        service.Jobs["chat"] = job with
        {
            View = job.View with { Epoch = 9, Apply = job.Apply() with { Phase = ApplyPhase.Verifying, Epoch = 9 } },
        };
        await Expect(page.Locator("#state")).ToContainTextAsync("the new placement is in force as epoch 9");
        await Expect(page.Locator("#events li").First).ToContainTextAsync("Apply 2 <b>is</b> in force.");
        await Expect(page.Locator("#apply")).ToBeDisabledAsync();
        Assert.Empty(faults);
    }

    [Fact]
    public async Task An_apply_is_asked_for_by_keyboard_and_only_when_confirmed()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator("#apply")).ToBeEnabledAsync();

        await TabToAsync(page, "apply");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#confirm")).ToBeVisibleAsync();
        await Expect(page.Locator("#confirm")).ToContainTextAsync("31.5 MB of weights move beside the running steps");
        await Expect(page.Locator("#confirm")).ToContainTextAsync("from 21.4 ms to 17.5 ms, 18.2 % less");
        await Expect(page.Locator("#confirm")).ToContainTextAsync("Layer 3: experts 4, 7 and 11 change node");
        await ShootAsync(page, "confirm", whole: false);
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#confirm")).ToBeHiddenAsync();
        Assert.Empty(service.Posted);

        // Enter alone leaves it: the dialog begins on the button that does nothing.
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#confirm")).ToBeHiddenAsync();
        Assert.Empty(service.Posted);

        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "confirm-yes");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#confirm")).ToBeHiddenAsync();
        await UntilAsync(() => service.Posted.Count == 1);
        Assert.Equal("/api/jobs/chat/decisions/2/apply", service.Posted.Single());
    }

    [Fact]
    public async Task Plans_and_rolls_back_and_tells_what_the_service_says_against_it()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await page.Locator("#simulate").ClickAsync();
        await UntilAsync(() => service.Posted.Count == 1);
        Assert.Equal("/api/jobs/chat/plans {\"simulate\":true}", service.Posted.Single());

        service.Refusal = "the job is not online";
        await Expect(page.Locator("#rollback")).ToBeEnabledAsync();
        await page.Locator("#rollback").ClickAsync();
        await Expect(page.Locator("#confirm")).ToContainTextAsync("Before apply 1 a decode step took 30.2 ms; now it takes 21.4 ms");
        await page.Locator("#confirm-yes").ClickAsync();
        await Expect(page.Locator("#trouble")).ToHaveTextAsync("the job is not online");
    }

    [Fact]
    public async Task Asks_for_a_token_where_one_is_wanted_and_keeps_it_for_the_tab()
    {
        await using var service = await FakeService.StartAsync("open sesame", MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator("#token")).ToBeVisibleAsync();
        await page.Keyboard.TypeAsync("wrong");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#token-wrong")).ToHaveTextAsync("The service does not know this token.");
        await page.Locator("#token-text").FillAsync("open sesame");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#name")).ToHaveTextAsync("chat");
        await Expect(page.Locator("#token")).ToBeHiddenAsync();
        Assert.DoesNotContain("sesame", await page.ContentAsync(), StringComparison.Ordinal);
        await page.ReloadAsync();
        await Expect(page.Locator("#name")).ToHaveTextAsync("chat");
    }

    [Theory]
    [InlineData("apply")]
    [InlineData("rollback")]
    public async Task A_question_about_a_job_is_withdrawn_when_another_one_is_looked_at(string what)
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8), MadeUpJob.Create("search", 1, 4, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator($"#{what}")).ToBeEnabledAsync();
        await page.Locator($"#{what}").ClickAsync();
        await Expect(page.Locator("#confirm-title")).ToContainTextAsync("chat");
        await page.EvaluateAsync("location.hash = '#search'");
        await Expect(page.Locator("#name")).ToHaveTextAsync("search");
        await Expect(page.Locator("#confirm")).ToBeHiddenAsync();
        await Expect(page.Locator($"#{what}")).ToBeEnabledAsync();
        Assert.Empty(service.Posted);

        // And when the job is gone, though nothing stands in its place.
        await page.Locator($"#{what}").ClickAsync();
        await Expect(page.Locator("#confirm-title")).ToContainTextAsync("search");
        service.Jobs.Clear();
        await Expect(page.Locator("#confirm")).ToBeHiddenAsync();
        await Expect(page.Locator("#job")).ToBeHiddenAsync();
        Assert.Empty(service.Posted);
    }

    [Theory]
    [InlineData("apply")]
    [InlineData("rollback")]
    public async Task What_is_confirmed_goes_to_the_job_that_was_asked_about(string what)
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8), MadeUpJob.Create("search", 1, 4, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator($"#{what}")).ToBeEnabledAsync();
        await page.Locator($"#{what}").ClickAsync();
        // The answer is held up until another job is looked at.
        await page.EvaluateAsync(
            """
            () => {
              const dialog = document.getElementById("confirm");
              dialog.addEventListener("close", e => e.stopImmediatePropagation(), { capture: true, once: true });
              document.getElementById("confirm-yes").click();
              location.hash = "#search";
            }
            """);
        await Expect(page.Locator("#name")).ToHaveTextAsync("search");
        await page.EvaluateAsync("document.getElementById('confirm').dispatchEvent(new Event('close'))");
        await UntilAsync(() => service.Posted.Count == 1);
        Assert.Equal(what == "apply" ? "/api/jobs/chat/decisions/2/apply" : "/api/jobs/chat/rollback", service.Posted.Single());
    }

    [Fact]
    public async Task An_address_that_cannot_be_read_and_an_answer_that_is_none_do_not_end_the_page()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await chromium.OpenAsync(faults);
        await page.GotoAsync($"{service.Address}#%");
        await Expect(page.Locator("#name")).ToHaveTextAsync("chat");
        await page.RouteAsync("**/api/**", route => route.FulfillAsync(new RouteFulfillOptions { Status = 200, Body = "no JSON" }));
        await Expect(page.Locator("#connection")).ToContainTextAsync("something went wrong here");
        await page.UnrouteAllAsync();
        service.Jobs["search"] = MadeUpJob.Create("search", 1, 4, 8);
        await Expect(page.Locator("#jobs a")).ToHaveCountAsync(2);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("live");
        Assert.Empty(faults);
    }

    [Fact]
    public async Task A_token_that_no_header_takes_is_refused_before_it_is_kept()
    {
        await using var service = await FakeService.StartAsync("sesame", MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator("#token")).ToBeVisibleAsync();
        await page.Locator("#token-text").FillAsync("sésame\u2026");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#token-wrong")).ToHaveTextAsync("A token is made of printable ASCII characters only.");
        Assert.Null(await page.EvaluateAsync<string?>("sessionStorage.getItem('moeplace-token')"));
        await page.Locator("#token-text").FillAsync("sesame");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#name")).ToHaveTextAsync("chat");
    }

    [Fact]
    public async Task Heat_maps_and_charts_are_read_by_arrow_keys()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        var job = service.Jobs["chat"];
        await Expect(page.Locator("#traffic canvas")).ToBeVisibleAsync();
        await page.Locator("#traffic canvas").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("ArrowRight");
        var states = Math.Round(job.Measures.Traffic[4 + 2]).ToString("N0", System.Globalization.CultureInfo.InvariantCulture);
        await Expect(page.Locator("#traffic output")).ToContainTextAsync($"rank 1 → rank 2: {states} hidden states");
        await page.Locator("#step-chart svg").FocusAsync();
        await page.Keyboard.PressAsync("Home");
        await Expect(page.Locator("#step-chart output")).ToContainTextAsync("09:00:00, epoch 2: measured");
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task Text_stands_out_from_its_ground_and_controls_have_names(ColorScheme scheme)
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await chromium.OpenAsync(faults, scheme);
        await page.GotoAsync(service.Address.ToString());
        await Expect(page.Locator("#plan-body li").First).ToBeVisibleAsync();
        await ShootAsync(page, scheme == ColorScheme.Dark ? "dark" : "bright");
        Assert.Empty(await page.EvaluateAsync<string[]>(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Dashboard", "contrast.js"), TestContext.Current.CancellationToken)));
        foreach (var control in await page.Locator("button:visible, input:visible, select:visible, canvas:visible, svg[tabindex]:visible").AllAsync())
            Assert.False(string.IsNullOrWhiteSpace(await control.EvaluateAsync<string>(
                "e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent")), await control.EvaluateAsync<string>("e => e.outerHTML"));
        Assert.Empty(faults);
    }

    [Fact]
    public async Task Fits_a_narrow_window()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await chromium.OpenAsync(faults, ColorScheme.Light, 380, 800);
        await page.GotoAsync(service.Address.ToString());
        await Expect(page.Locator("#plan-body li").First).ToBeVisibleAsync();
        await ShootAsync(page, "narrow");
        Assert.Equal(380, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task Says_when_the_service_is_gone_and_goes_on_when_it_is_back()
    {
        await using var service = await FakeService.StartAsync(null, MadeUpJob.Create("chat", 2, 2, 8));
        var page = await OpenAsync(service);
        await Expect(page.Locator("#connection")).ToHaveTextAsync("live");
        await page.RouteAsync("**/api/**", route => route.AbortAsync());
        await Expect(page.Locator("#connection")).ToHaveTextAsync("the service does not answer; trying again");
        await page.UnrouteAllAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("live");
    }

    /// <summary>Pictures of the page, for people who change it: only where MOEPLACE_SCREENSHOTS names a folder.</summary>
    internal static async Task ShootAsync(IPage page, string name, bool whole = true)
    {
        if (Environment.GetEnvironmentVariable("MOEPLACE_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{name}.png"), FullPage = whole });
    }

    private async Task<IPage> OpenAsync(FakeService service)
    {
        var page = await chromium.OpenAsync(faults);
        await page.GotoAsync(service.Address.ToString());
        return page;
    }

    private static async Task TabToAsync(IPage page, string id)
    {
        for (var i = 0; i < 100; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string>("document.activeElement.id") != id)
                continue;
            Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
            return;
        }
        Assert.Fail($"{id} is not reached by Tab");
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var i = 0; i < 400 && !holds(); i++)
            await Task.Delay(25);
        Assert.True(holds());
    }
}
