// Figures and states in words.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const three = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** What stands where nothing is known. */
export const unknown = "–";

/** A whole number with separators. */
export const count = n => n == null ? unknown : whole.format(n);

/** A number with three digits that count. */
export const number = n => n == null ? unknown : three.format(n);

/** A share in per cent. */
export const share = n => n == null ? unknown : `${(100 * n).toFixed(1)} %`;

/** A time, in the unit that fits. */
export function seconds(s) {
  if (s == null) return unknown;
  const size = Math.abs(s);
  if (size >= 90) return `${three.format(s / 60)} min`;
  if (size >= 1 || size === 0) return `${three.format(s)} s`;
  return size >= 1e-3 ? `${three.format(s * 1e3)} ms` : `${three.format(s * 1e6)} µs`;
}

/** Bytes, in the unit that fits. */
export function byteCount(n) {
  if (n == null) return unknown;
  const step = Math.min(4, Math.max(0, Math.floor(Math.log10(Math.max(1, n)) / 3)));
  return `${three.format(n / 1000 ** step)} ${["B", "kB", "MB", "GB", "TB"][step]}`;
}

/** A time of the day. */
export const clock = at => new Date(at).toLocaleTimeString("en-GB");

/** From one figure to another: "12 ms to 10 ms, 17 % less". */
export function change(before, after, format) {
  if (before == null || after == null) return `${format(before)} to ${format(after)}`;
  const by = before === 0 ? 0 : (after - before) / before;
  const much = Math.abs(by) < 5e-4 ? "the same" : `${Math.abs(100 * by).toFixed(1)} % ${by < 0 ? "less" : "more"}`;
  return `${format(before)} to ${format(after)}, ${much}`;
}

const over = new Set(["kept", "returned", "refused", "failed"]);

/** Whether an apply is under way. */
export const isUnderWay = apply => apply != null && !over.has(apply.phase);

/** What a job is, in a line. */
export const facts = job =>
  `${job.model}, ${count(job.layers)} layers × ${count(job.experts)} experts, top-${job.topK}, on ${count(job.nodes)} × ${count(job.ranksPerNode)} ranks `
  + `(${job.cluster}), run by ${job.engine}; ${job.policy.mode === "automatic" ? "the service applies by itself" : "a person applies"}`;

/** How a job stands: a mark and a sentence. */
export function standing(job) {
  const apply = job.apply;
  if (isUnderWay(apply)) return { mark: apply.phase === "returning" ? "warn" : "busy", text: underWay(apply) };
  if (job.ended) return { mark: "idle", text: `Ended on epoch ${job.epoch}; nothing is left to run.` };
  if (!job.online) return { mark: "bad", text: "Nothing was heard of it for over ten seconds." };
  const ended = apply == null ? "" : ` ${outcome(apply)}`;
  if (job.planning) return { mark: "busy", text: `Serving on epoch ${job.epoch}; a plan is being made.${ended}` };
  if (job.drift.alarm)
    return { mark: "warn", text: `Serving on epoch ${job.epoch}; the traffic is no longer what its placement was made for.${ended}` };
  const traffic = job.drift.tokens > 0 ? "the traffic is what it was when watching began" : "learning what its traffic looks like";
  return { mark: apply?.phase === "failed" ? "bad" : "good", text: `Serving on epoch ${job.epoch}; ${traffic}.${ended}` };
}

function underWay(apply) {
  const name = `Apply ${apply.number}`;
  switch (apply.phase) {
    case "asked": return `${name} was asked for by ${apply.by}; the job has not answered yet.`;
    case "moving": return `${name}: weights are on their way beside the steps; epoch ${apply.epoch} is in force.`;
    case "verifying": return `${name}: the new placement is in force as epoch ${apply.epoch}; its promises are compared with what is measured.`;
    default: return `${name} is being undone: ${apply.reason}`;
  }
}

/** What became of an apply. */
export function outcome(apply) {
  const what = { kept: "was kept", returned: "was undone", refused: "was refused", failed: "failed" }[apply.phase] ?? "is under way";
  return `Apply ${apply.number} ${what}${apply.reason ? `: ${apply.reason.replace(/\.?$/, ".")}` : "."}`;
}
