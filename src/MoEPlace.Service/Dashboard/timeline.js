// Epochs, migrations, decisions and alarms on one line of time.
import { el, svg } from "./dom.js";
import { span } from "./chart.js";
import { clock, outcome, isUnderWay } from "./words.js";

const rows = ["epochs", "migrations", "decisions", "alarms"];
const each = 26, left = 78, right = 8, bottom = 20;
const looks = { kept: "good", failed: "failed", returned: "back", returning: "back", refused: "back" };

export class Timeline {
  #figure; #svg; #drawn = [[], [], [], []]; #width = 0;

  constructor(figure) {
    this.#figure = figure;
    this.#svg = svg("svg", { role: "img", height: rows.length * each + bottom, "aria-label": "Time line of epochs, migrations, decisions and alarms; the list at the end of the page tells the same" });
    figure.append(el("figcaption", {}, el("b", {}, "Epochs, migrations, decisions and alarms")), this.#svg);
    new ResizeObserver(() => { if (figure.clientWidth !== this.#width) this.draw(...this.#drawn); }).observe(figure);
  }

  /** Draws samples with `time`, applies, decisions and events. */
  draw(samples, applies, decisions, events) {
    this.#drawn = [samples, applies, decisions, events];
    const width = this.#width = Math.max(240, this.#figure.clientWidth);
    const [from, to] = span(samples);
    const x = time => left + (width - left - right) * (Math.min(to, Math.max(from, time)) - from) / (to - from);
    const isIn = time => time >= from && time <= to;
    const drawn = rows.flatMap((name, i) => [
      svg("text", { x: 0, y: i * each + 17 }, name),
      svg("line", { class: "grid", x1: left, x2: width - right, y1: (i + 1) * each - 1, y2: (i + 1) * each - 1 }),
    ]);
    for (const [begin, end, epoch] of epochs(samples)) {
      const wide = Math.max(2, x(end) - x(begin));
      drawn.push(svg("rect", { class: "band", x: x(begin), y: 3, width: wide, height: each - 8, rx: 3 }, svg("title", {}, `epoch ${epoch} from ${clock(begin)}`)));
      if (wide > 22) drawn.push(svg("text", { class: "ink", x: x(begin) + wide / 2, y: 17, "text-anchor": "middle" }, String(epoch)));
    }
    for (const apply of applies) {
      const [begin, end] = [Date.parse(apply.beganAt), isUnderWay(apply) ? to : Date.parse(apply.changedAt)];
      if (end < from || begin > to) continue;
      drawn.push(svg("rect", { class: looks[apply.phase] ?? "fill a", x: x(begin), y: each + 4, width: Math.max(4, x(end) - x(begin)), height: each - 10, rx: 3 },
        svg("title", {}, `${clock(begin)}: ${outcome(apply)}`)));
    }
    for (const row of decisions.filter(d => isIn(Date.parse(d.at)))) {
      const at = x(Date.parse(row.at)), middle = 2.5 * each - 1;
      drawn.push(svg("path", { class: row.decision.verdict === "apply" ? "fill a" : "band", d: `M${at} ${middle - 8}l7 8-7 8-7-8z` },
        svg("title", {}, `${clock(row.at)}: decision ${row.number}, ${row.decision.verdict}. ${row.decision.reasons[0] ?? ""}`)));
    }
    for (const event of events.filter(e => e.kind === "drift" && isIn(Date.parse(e.at)))) {
      const at = x(Date.parse(event.at)), middle = 3.5 * each - 1;
      drawn.push(svg("path", { class: "fill alarm", d: `M${at} ${middle - 8}l8 14h-16z` }, svg("title", {}, `${clock(event.at)}: ${event.text}`)));
    }
    const floor = rows.length * each + 14;
    drawn.push(svg("text", { x: left, y: floor }, clock(from)), svg("text", { x: width - right, y: floor, "text-anchor": "end" }, clock(to)));
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${rows.length * each + bottom}`);
    this.#svg.replaceChildren(...drawn);
  }
}

/** Where the epoch changed, as marks of charts. */
export function epochMarks(samples) {
  return epochs(samples).slice(1).map(([begin, , epoch]) => ({ time: begin, text: `epoch ${epoch} from ${clock(begin)}` }));
}

function epochs(samples) {
  const runs = [];
  for (const { time, epoch } of samples)
    if (runs.at(-1)?.[2] === epoch) runs.at(-1)[1] = time;
    else {
      if (runs.length) runs.at(-1)[1] = time;
      runs.push([time, time, epoch]);
    }
  return runs;
}
