// Lines over time, in SVG: an axis that starts at nought, marks where the epoch changed, and a cursor that mouse and arrow keys move.
import { el, svg } from "./dom.js";
import { clock } from "./words.js";

const height = 150, left = 46, right = 8, top = 8, bottom = 20;

export class LineChart {
  #figure; #options; #svg; #said; #samples = []; #marks = []; #at = -1; #width = 0;

  /**
   * @param {HTMLElement} figure where
   * @param {{title: string, format: (n: number) => string, series: {key: string, name: string, look: string}[], limit?: {at: number, name: string}}} options
   *   what it shows: a series is a key of the samples, with a look of the style sheet
   */
  constructor(figure, options) {
    this.#figure = figure;
    this.#options = options;
    const keys = options.series.map(s => el("span", { class: `key ${s.look}` }, s.name));
    if (options.limit) keys.push(el("span", { class: "key alarm dash" }, options.limit.name));
    this.#svg = svg("svg", { role: "img", height, tabindex: 0, "aria-label": `${options.title}; arrow keys read it` });
    this.#said = el("output", { "aria-live": "off" });
    figure.append(el("figcaption", {}, el("b", {}, options.title), ...keys), this.#svg, this.#said);
    this.#svg.addEventListener("pointermove", e => this.#point(this.#nearest(e)));
    this.#svg.addEventListener("pointerleave", () => this.#point(-1));
    this.#svg.addEventListener("focus", () => { if (this.#at < 0) this.#point(this.#samples.length - 1); });
    this.#svg.addEventListener("blur", () => this.#point(-1));
    this.#svg.addEventListener("keydown", e => this.#key(e));
    new ResizeObserver(() => { if (this.#figure.clientWidth !== this.#width) this.draw(this.#samples, this.#marks); }).observe(figure);
  }

  /**
   * @param {object[]} samples with `time` in milliseconds, oldest first
   * @param {{time: number, text: string}[]} marks where the epoch changed
   */
  draw(samples, marks) {
    [this.#samples, this.#marks] = [samples, marks];
    this.#width = this.#figure.clientWidth;
    if (this.#at >= samples.length) this.#at = samples.length - 1;
    this.#svg.setAttribute("viewBox", `0 0 ${Math.max(120, this.#width)} ${height}`);
    this.#svg.replaceChildren(...this.#drawn());
    this.#tell();
  }

  get #scale() {
    const { series, limit } = this.#options;
    let most = limit ? limit.at * 1.2 : 0;
    for (const sample of this.#samples) for (const { key } of series) if (sample[key] > most) most = sample[key];
    most = most > 0 ? most * 1.08 : 1;
    const [from, to] = span(this.#samples);
    const inner = Math.max(120, this.#width) - left - right;
    return {
      most, from, to,
      x: time => left + inner * (time - from) / (to - from),
      y: value => top + (height - top - bottom) * (1 - value / most),
    };
  }

  #drawn() {
    const { series, limit, format } = this.#options;
    if (this.#samples.length === 0) return [svg("text", { x: left, y: height / 2 }, "nothing measured yet")];
    const scale = this.#scale;
    const drawn = [];
    for (const value of ticks(scale.most)) {
      drawn.push(svg("line", { class: "grid", x1: left, x2: scale.x(scale.to), y1: scale.y(value), y2: scale.y(value) }));
      drawn.push(svg("text", { x: left - 6, y: scale.y(value) + 4, "text-anchor": "end" }, format(value)));
    }
    drawn.push(svg("text", { x: left, y: height - 4 }, clock(scale.from)), svg("text", { x: scale.x(scale.to), y: height - 4, "text-anchor": "end" }, clock(scale.to)));
    for (const each of this.#marks)
      drawn.push(svg("line", { class: "mark", x1: scale.x(each.time), x2: scale.x(each.time), y1: top, y2: height - bottom }, svg("title", {}, each.text)));
    if (limit) drawn.push(svg("line", { class: "line dash alarm", x1: left, x2: scale.x(scale.to), y1: scale.y(limit.at), y2: scale.y(limit.at) }));
    for (const { key, look } of series)
      drawn.push(svg("path", { class: `line ${look}`, d: path(this.#samples, s => scale.x(s.time), s => s[key] == null ? null : scale.y(s[key])) }));
    if (this.#at >= 0) {
      const x = scale.x(this.#samples[this.#at].time);
      drawn.push(svg("line", { class: "cursor", x1: x, x2: x, y1: top, y2: height - bottom }));
    }
    return drawn;
  }

  #point(at) {
    if (at === this.#at) return;
    this.#at = at;
    this.draw(this.#samples, this.#marks);
  }

  #key(e) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -1e9, End: 1e9 }[e.key];
    if (step === undefined || this.#samples.length === 0) return;
    e.preventDefault();
    this.#said.setAttribute("aria-live", "polite");
    this.#point(Math.min(this.#samples.length - 1, Math.max(0, this.#at + step)));
  }

  #nearest(e) {
    if (this.#samples.length === 0) return -1;
    const box = this.#svg.getBoundingClientRect();
    const scale = this.#scale;
    const time = scale.from + (e.clientX - box.left - left) / (box.width - left - right) * (scale.to - scale.from);
    let best = 0;
    for (let i = 1; i < this.#samples.length; i++)
      if (Math.abs(this.#samples[i].time - time) < Math.abs(this.#samples[best].time - time)) best = i;
    return best;
  }

  #tell() {
    const { series, format } = this.#options;
    const sample = this.#samples[this.#at];
    this.#said.textContent = sample == null ? ""
      : `${clock(sample.time)}, epoch ${sample.epoch}: ${series.map(s => `${s.name} ${format(sample[s.key])}`).join(", ")}`;
  }
}

/** The time that samples take, at least a minute. */
export function span(samples) {
  const to = samples.length ? samples.at(-1).time : Date.now();
  return [Math.min(samples[0]?.time ?? to, to - 60_000), to];
}

/** A path with a gap where a value is missing. */
function path(samples, x, y) {
  let text = "", pen = false;
  for (const sample of samples) {
    const value = y(sample);
    if (value === null) { pen = false; continue; }
    text += `${pen ? "L" : "M"}${x(sample).toFixed(1)} ${value.toFixed(1)}`;
    pen = true;
  }
  return text;
}

/** Round values from nought up. */
function ticks(most) {
  const rough = most / 3, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find(n => n * power >= rough * 0.999) * power;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}
