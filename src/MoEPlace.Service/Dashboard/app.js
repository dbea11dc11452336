// The page: which job is looked at, what is asked of the service and when, and what changes where.
import { $, el, mark, say } from "./dom.js";
import { bytes, follow, get, post, Refusal, token } from "./service.js";
import { LineChart } from "./chart.js";
import { epochMarks, Timeline } from "./timeline.js";
import { drawLayers, read, TrafficPanels } from "./traffic.js";
import { askApply, askRollBack, drawPlan } from "./plan.js";
import { clock, count, facts, isUnderWay, number, seconds, share, standing } from "./words.js";

const mostEvents = 300;
const state = { job: null, view: null, samples: [], decisions: [], applies: [], events: [], chosen: null, ends: new AbortController(), stale: true };

const charts = {
  step: new LineChart($("step-chart"), {
    title: "Decode step", format: seconds,
    series: [{ key: "stepSeconds", name: "measured", look: "a" }, { key: "promisedSeconds", name: "promised", look: "b dash" }],
  }),
  copies: new LineChart($("copies-chart"), {
    title: "Crossing: hidden states, a token and layer", format: number,
    series: [{ key: "rankCopies", name: "to other ranks", look: "a" }, { key: "nodeCopies", name: "to other nodes", look: "c" }],
  }),
  crossing: new LineChart($("crossing-chart"), {
    title: "Top-1 crossing from layer to layer", format: share,
    series: [{ key: "gpuCrossing", name: "ranks", look: "a" }, { key: "nodeCrossing", name: "nodes", look: "c" }],
  }),
  drift: new LineChart($("drift-chart"), {
    title: "Drift", format: number, limit: { at: 1, name: "alarm" },
    series: [{ key: "loadDrift", name: "load", look: "a" }, { key: "affinityDrift", name: "affinity", look: "b" }],
  }),
};
const timeline = new Timeline($("timeline"));
const panels = new TrafficPanels($("load"), $("traffic"), $("links"));

/** Does something again and again: never at the same time, and never for more than a third of the time. */
async function repeat(period, what) {
  for (; ;) {
    const begun = performance.now();
    await attempt(what);
    await new Promise(resume => setTimeout(resume, Math.max(period, 2 * (performance.now() - begun))));
  }
}

async function attempt(what) {
  if (!$("token").hidden) return;
  try {
    await what();
    connected("live", "live");
  } catch (e) {
    if (e instanceof Refusal && e.status === 401) wantToken();
    else if (e instanceof Refusal && e.status === 404) await choose(null);
    else if (e instanceof Refusal) connected("lost", e.message);
    else if (e instanceof TypeError) connected("lost", "the service does not answer; trying again");
    else connected("lost", `something went wrong here: ${e.message}; trying again`);
  }
}

function connected(what, text) {
  mark($("connection"), "data-state", what);
  say($("connection"), text);
}

function wantToken() {
  say($("token-wrong"), token() ? "The service does not know this token." : "");
  $("token").hidden = false;
  $("job").hidden = $("empty").hidden = true;
  $("token-text").focus();
  connected("lost", "a token is wanted");
}

async function lookAtJobs() {
  const { jobs } = await get("api/jobs");
  $("empty").hidden = jobs.length > 0;
  say($("address"), location.origin);
  for (const gone of [...$("jobs").children].filter(item => !jobs.some(job => job.name === item.dataset.job))) gone.remove();
  for (const [i, job] of jobs.entries()) {
    let item = $("jobs").querySelector(`[data-job="${job.name}"]`);
    item ??= el("li", { "data-job": job.name }, el("a", { href: `#${job.name}` }, el("span", {}, job.name), el("small")));
    if ($("jobs").children[i] !== item) $("jobs").insertBefore(item, $("jobs").children[i] ?? null);
    const [link, { mark: how }] = [item.firstChild, standing(job)];
    mark(link, "data-state", how);
    mark(link, "aria-current", job.name === state.job ? "page" : null);
    say(link.lastChild, `epoch ${job.epoch}, step ${seconds(job.stepSeconds)}`);
  }
  // As it stands: the name of a job needs no escapes.
  const wanted = location.hash.slice(1);
  const name = jobs.some(job => job.name === wanted) ? wanted : jobs[0]?.name ?? null;
  if (name !== state.job) await choose(name);
}

async function choose(name) {
  state.ends.abort();
  // What was asked about the job before is not to be answered for this one.
  $("confirm").close();
  for (const id of ["plan", "simulate", "apply", "rollback"]) $(id).disabled = true;
  Object.assign(state, { job: name, view: null, samples: [], decisions: [], applies: [], events: [], chosen: null, ends: new AbortController(), stale: true });
  panels.forget();
  say($("trouble"), "");
  $("events").replaceChildren();
  $("job").hidden = name === null;
  document.title = name === null ? "MoEPlace" : `${name} · MoEPlace`;
  for (const link of $("jobs").querySelectorAll("a")) mark(link, "aria-current", link.parentNode.dataset.job === name ? "page" : null);
  if (name === null) return;
  follow(name, events => name === state.job && happened(events), state.ends.signal);
  await Promise.all([attempt(lookAtJob), attempt(lookAtHistory)]);
  attempt(lookAtTraffic);
}

const path = rest => `api/jobs/${encodeURIComponent(state.job)}${rest}`;

async function lookAtJob() {
  const name = state.job;
  if (name === null) return;
  const view = await get(path(""));
  if (name !== state.job) return;
  const isNews = state.view === null || state.stale || view.decision !== state.view.decision || view.apply?.version !== state.view.apply?.version
    || view.apply?.number !== state.view.apply?.number;
  state.view = view;
  drawJob(view);
  if (isNews) await lookAtDecisions();
}

async function lookAtDecisions() {
  const name = state.job;
  state.stale = false;
  const [{ decisions }, { applies }] = await Promise.all([get(path("/decisions?most=20")), get(path("/applies"))]);
  if (name !== state.job) return;
  const newest = state.decisions[0]?.number;
  state.decisions = decisions.toSorted((a, b) => b.number - a.number);
  state.applies = applies;
  if (state.chosen === null || state.decisions[0]?.number !== newest) showDecision(state.decisions[0]?.number ?? null);
  drawJob(state.view);
  timeline.draw(state.samples, state.applies, state.decisions, state.events);
}

async function lookAtHistory() {
  const name = state.job;
  if (name === null) return;
  const { samples } = await get(path("/history"));
  if (name !== state.job) return;
  state.samples = samples.map(sample => ({ ...sample, time: Date.parse(sample.at) }));
  const marks = epochMarks(state.samples);
  for (const chart of Object.values(charts)) chart.draw(state.samples, marks);
  timeline.draw(state.samples, state.applies, state.decisions, state.events);
}

async function lookAtTraffic() {
  const name = state.job;
  if (name === null) return;
  const view = await bytes(path("/traffic"));
  if (name === state.job) await panels.draw(read(view));
}

function showDecision(number) {
  state.chosen = number;
  const row = state.decisions.find(d => d.number === number) ?? null;
  drawPlan($("plan-body"), row, state.decisions, n => { showDecision(n); drawJob(state.view); $("decision").focus(); });
}

const chosen = () => state.decisions.find(d => d.number === state.chosen) ?? null;

function drawJob(view) {
  say($("name"), view.name);
  say($("facts"), facts(view));
  const { mark: how, text } = standing(view);
  mark($("state-mark"), "data-state", how);
  say($("state-text"), text);
  const busy = isUnderWay(view.apply), row = chosen();
  $("plan").disabled = $("simulate").disabled = view.planning || view.ended;
  $("apply").disabled = busy || view.ended || row?.decision.placement == null || row.decision.digest === view.placement;
  $("rollback").disabled = view.ended || (busy ? view.apply.phase === "returning" : !state.applies.some(a => a.phase === "kept"));
  drawTiles(view);
  drawLayers($("layers"), view.crossingByLayer, row?.decision.digest !== view.placement ? row?.decision.crossingAfter ?? [] : []);
}

function drawTiles(view) {
  const drift = Math.max(view.drift.load, view.drift.affinity);
  const late = view.promisedSeconds != null && view.stepSeconds > view.promisedSeconds * (1 + view.policy.slowerTolerance);
  const tiles = [
    ["Decode step", seconds(view.stepSeconds), view.promisedSeconds == null ? "nothing was promised" : `promised ${seconds(view.promisedSeconds)}`, late ? "bad" : null],
    ["Crossing nodes", number(view.nodeCopies), `states a token and layer; ranks ${number(view.rankCopies)}`],
    ["Top-1 crossing", share(view.gpuCrossing), `nodes ${share(view.nodeCrossing)}`],
    ["Drift", number(drift), view.drift.alarm ? "above the alarm" : view.drift.tokens > 0 ? "1 is the alarm" : `learning: ${count(view.drift.referenceTokens)} tokens`, view.drift.alarm ? "warn" : null],
    ["Busiest rank", `${number(view.imbalance)} ×`, "the mean of all ranks"],
    ["Epoch", String(view.epoch), `placement ${view.placement.slice(0, 8)}`],
    ["Tokens", count(view.tokens), `${count(view.tokensPerSecond)} a second${view.dropped > 0 ? `, ${count(view.dropped)} not sent` : ""}`],
  ];
  if ($("tiles").children.length === 0) $("tiles").append(...tiles.map(() => el("div", {}, el("dt"), el("dd"), el("dd"))));
  for (const [i, [name, value, more, how]] of tiles.entries()) {
    const tile = $("tiles").children[i];
    [name, value, more].forEach((text, k) => say(tile.children[k], text));
    mark(tile, "data-state", how);
  }
}

function happened(events) {
  state.events.push(...events);
  state.events.splice(0, state.events.length - mostEvents);
  state.stale = true;
  const items = events.slice(-mostEvents).map(e => el("li", {}, el("time", { datetime: e.at }, clock(e.at)), el("b", {}, e.kind), el("span", {}, e.text)));
  $("events").prepend(...items.reverse());
  while ($("events").children.length > mostEvents) $("events").lastChild.remove();
}

/** What a person asked for: what the service says against it is told. */
async function act(what) {
  say($("trouble"), "");
  try {
    await what();
    state.stale = true;
    await lookAtJob();
  } catch (e) {
    say($("trouble"), e instanceof TypeError ? "The service does not answer." : e.message);
  }
}

$("plan").addEventListener("click", () => act(() => post(path("/plans"), { simulate: false })));
$("simulate").addEventListener("click", () => act(() => post(path("/plans"), { simulate: true })));
$("apply").addEventListener("click", async () => {
  const row = chosen(), asked = path(`/decisions/${row.number}/apply`);
  if (await askApply(state.view, row)) await act(() => post(asked));
});
$("rollback").addEventListener("click", async () => {
  const asked = path("/rollback");
  if (await askRollBack(state.view)) await act(() => post(asked));
});
$("token").addEventListener("submit", e => {
  e.preventDefault();
  const given = $("token-text").value;
  $("token-text").value = "";
  // Nothing else goes into a header; kept, it would make every request fail.
  if (!/^[\x20-\x7e]+$/.test(given)) {
    say($("token-wrong"), "A token is made of printable ASCII characters only.");
    return;
  }
  token(given);
  $("token").hidden = true;
  [state.job] = [null];
  attempt(lookAtJobs);
});
addEventListener("hashchange", () => attempt(lookAtJobs));

repeat(2_500, lookAtJobs);
repeat(1_000, lookAtJob);
repeat(1_000, lookAtHistory);
repeat(2_000, lookAtTraffic);
