// The plan in words, and the questions before something is done.
import { $, el, say } from "./dom.js";
import { byteCount, change, clock, count, number, seconds, share } from "./words.js";

/**
 * Draws a decision.
 * @param {HTMLElement} body where
 * @param {object | null} row the decision on record; null before any
 * @param {object[]} rows all that can be chosen, newest first
 * @param {(number: number) => void} onChoice another one was chosen
 */
export function drawPlan(body, row, rows, onChoice) {
  if (!row) {
    body.replaceChildren(el("p", { class: "muted" }, "None yet. A plan is made when the traffic drifts, or when somebody asks for one."));
    return;
  }
  const plan = row.decision;
  const choice = el("select", { id: "decision", change: e => onChoice(Number(e.target.value)) },
    ...rows.map(r => el("option", { value: r.number, selected: r.number === row.number }, `${r.number}, ${clock(r.at)}: ${verdict(r.decision)}`)));
  const head = el("div", { class: "row" }, el("label", { for: "decision" }, "Decision"), choice,
    el("span", { class: `badge ${plan.verdict === "apply" ? "good" : "warn"}` }, verdict(plan)));
  const words = el("div", {}, el("h4", {}, "Why"), el("ol", {}, ...plan.reasons.map(reason => el("li", {}, reason))));
  if (plan.changes.length) words.append(el("h4", {}, "What moves"), moves(plan.changes));
  body.replaceChildren(head, el("div", { class: "plan" }, words, plan.after ? el("div", { class: "scroll" }, compared(plan)) : null));
}

/** What a decision comes to. */
export const verdict = plan => plan.verdict === "apply" ? "worth it" : plan.placement == null ? "nothing better" : "keep what is in force";

/** What an apply does, to be confirmed. */
export function askApply(job, row) {
  const plan = row.decision;
  const lines = [
    `${plan.migrationBytes == null ? "Weights" : `${byteCount(plan.migrationBytes)} of weights`} move beside the running steps, at most `
      + `${byteCount(job.policy.bytesPerStep)} a step${plan.migrationSeconds == null ? "" : `, about ${seconds(plan.migrationSeconds)} by the links`}.`,
    plan.promisedSeconds == null ? "No step was measured, so none is promised."
      : `A decode step is promised to go from ${change(job.stepSeconds, plan.promisedSeconds, seconds)}.`,
    "Checksums, canary tokens and measured steps are compared with the promise; where one does not hold, the job goes back by itself.",
  ];
  if (plan.verdict !== "apply") lines.unshift(`The decision was to keep what is in force: ${plan.reasons[0]}`);
  return ask(`Apply decision ${row.number} to ${job.name}?`, lines, plan.changes, "Apply");
}

/** What going back does, to be confirmed. */
export function askRollBack(job) {
  const apply = job.apply;
  const isOver = apply && ["kept", "returned", "refused", "failed"].includes(apply.phase);
  const lines = isOver === false
    ? [`Apply ${apply.number} is under way (${apply.phase}). It is turned: what has moved goes back, beside the running steps.`]
    : ["The placement that was in force before is put in force again, its weights move beside the running steps.",
      ...(apply?.secondsBefore == null ? [] : [`Before apply ${apply.number} a decode step took ${seconds(apply.secondsBefore)}; now it takes ${seconds(job.stepSeconds)}.`])];
  return ask(`Roll ${job.name} back?`, lines, [], "Roll back");
}

const moves = changes => el("ul", { class: "changes", tabindex: 0, role: "group", "aria-label": "What moves" }, ...changes.map(text => el("li", {}, text)));

function compared(plan) {
  const { before, after } = plan;
  const rows = [
    ["Crossing ranks", before.gpuCrossingFraction, after.gpuCrossingFraction, share],
    ["Crossing nodes", before.nodeCrossingFraction, after.nodeCrossingFraction, share],
    ["Copies to other ranks", before.rankCopiesPerTokenLayer, after.rankCopiesPerTokenLayer, number],
    ["Copies to other nodes", before.nodeCopiesPerTokenLayer, after.nodeCopiesPerTokenLayer, number],
    ["Busiest rank over mean", before.imbalanceMean, after.imbalanceMean, number],
    ["Modelled step", before.stepSeconds, after.stepSeconds, seconds],
    ["Simulated step", plan.simulatedBefore, plan.simulatedAfter, seconds],
  ].filter(row => row[1] != null && row[2] != null);
  return el("table", {}, el("caption", {}, `Judged on the latest ${count(before.tokens)} tokens`),
    el("thead", {}, el("tr", {}, ...["", "now", "plan", "change"].map(text => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows.map(([name, now, then, format]) => {
      const by = now === 0 ? 0 : (then - now) / now;
      return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, format(now)), el("td", {}, format(then)),
        el("td", { class: by < -5e-4 ? "better" : by > 5e-4 ? "worse" : null }, `${by > 0 ? "+" : by < 0 ? "−" : ""}${Math.abs(100 * by).toFixed(1)} %`));
    })));
}

function ask(title, lines, changes, yes) {
  const dialog = $("confirm");
  say($("confirm-title"), title);
  say($("confirm-yes"), yes);
  $("confirm-body").replaceChildren(...lines.map(line => el("p", {}, line)),
    ...(changes.length ? [moves(changes)] : []));
  dialog.returnValue = "";
  dialog.showModal();
  $("confirm-no").focus();
  return new Promise(resume => dialog.addEventListener("close", () => resume(dialog.returnValue === "yes"), { once: true }));
}
