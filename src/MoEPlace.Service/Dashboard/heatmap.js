// A grid of values as colours, on a canvas: one pixel of an image for each cell, enlarged at once, however many there are.
import { el, pause } from "./dom.js";

const left = 54, bottom = 22, longestSlice = 12;

export class HeatMap {
  #figure; #canvas; #said; #legend; #grid = null; #image = null; #at = null; #drawing = 0; #width = 0;

  /**
   * @param {HTMLElement} figure where
   * @param {{label: string, look: "ratio" | "amount", ends: string[]}} options what it shows; ratios are around 1, amounts from nought up
   */
  constructor(figure, options) {
    this.#figure = figure;
    this.options = options;
    this.#canvas = el("canvas", { role: "img", tabindex: 0, "aria-label": `${options.label}; arrow keys read it` });
    this.#said = el("output", { "aria-live": "off" });
    this.#legend = el("p", { class: "legend" }, el("span", {}, options.ends[0]), el("i", { class: options.look }), el("span", {}, options.ends[1]));
    figure.append(this.#canvas, this.#said, this.#legend);
    this.#canvas.addEventListener("pointermove", e => this.#move(...this.#cellOf(e)));
    this.#canvas.addEventListener("pointerleave", () => this.#move(null));
    this.#canvas.addEventListener("blur", () => this.#move(null));
    this.#canvas.addEventListener("focus", () => { if (this.#at === null && this.#canvas.matches(":focus-visible")) this.#move(0, 0); });
    this.#canvas.addEventListener("keydown", e => this.#key(e));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(this.#grid));
    new ResizeObserver(() => { if (figure.clientWidth !== this.#width) this.#paint(); }).observe(figure);
  }

  /**
   * Draws, in slices between which the page answers; a later call ends an earlier one.
   * @param {{rows: number, columns: number, values: Float32Array, most: number, every: [number, number], axes: [string, string],
   *   read: (row: number, column: number) => string} | null} grid values row by row; `most` is the value of the last colour, `every` how many rows and
   *   columns stand together
   */
  async draw(grid) {
    const turn = ++this.#drawing;
    if (!grid || grid.rows * grid.columns === 0) {
      [this.#grid, this.#image] = [null, null];
      this.#canvas.hidden = this.#legend.hidden = true;
      this.#said.textContent = grid === null ? "" : "Only counts come from this job: which rank sends to which cannot be told.";
      return;
    }
    const colors = palette(this.options.look);
    const pixels = new ImageData(grid.columns, grid.rows);
    const into = new Uint32Array(pixels.data.buffer);
    for (let at = 0, begun = performance.now(); at < grid.values.length;) {
      const end = Math.min(grid.values.length, at + 32_768);
      for (; at < end; at++) into[at] = colors[Math.min(255, Math.max(0, Math.round(255 * grid.values[at] / grid.most)))];
      if (performance.now() - begun > longestSlice) {
        await pause();
        if (turn !== this.#drawing) return;
        begun = performance.now();
      }
    }
    const image = new OffscreenCanvas(grid.columns, grid.rows);
    image.getContext("2d").putImageData(pixels, 0, 0);
    [this.#grid, this.#image] = [grid, image];
    this.#canvas.hidden = this.#legend.hidden = false;
    this.#paint();
  }

  #paint() {
    this.#width = this.#figure.clientWidth;
    if (!this.#image || this.#width === 0) return;
    const { rows, columns, every, axes } = this.#grid;
    const wide = this.#width - left, isSquare = rows === columns;
    const high = isSquare ? Math.min(wide, Math.max(rows * 34, 120), 420) : Math.min(420, Math.max(rows * 3, Math.min(rows * 26, 260)));
    const sharp = devicePixelRatio || 1;
    this.#canvas.style.height = `${high + bottom}px`;
    [this.#canvas.width, this.#canvas.height] = [Math.round(this.#width * sharp), Math.round((high + bottom) * sharp)];
    const pen = this.#canvas.getContext("2d");
    const look = getComputedStyle(this.#figure);
    pen.scale(sharp, sharp);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.#image, left, 0, wide, high);
    const [cellWide, cellHigh] = [wide / columns, high / rows];
    pen.strokeStyle = look.getPropertyValue("--card");
    lines(pen, columns, every[1], cellWide, at => [left + at, 0, left + at, high]);
    lines(pen, rows, every[0], cellHigh, at => [left, at, left + wide, at]);
    pen.fillStyle = look.getPropertyValue("--muted");
    pen.font = "11px system-ui, sans-serif";
    ends(pen, columns, cellWide, (text, at, align) => { pen.textAlign = align; pen.fillText(text, left + at, high + 15); }, axes[1]);
    pen.textAlign = "right";
    const step = rounded(rows * 14 / high);
    for (let row = 0; row < rows; row += step) pen.fillText(row === 0 ? `${axes[0]} 0` : String(row), left - 5, Math.min(high, row * cellHigh + Math.max(10, cellHigh / 2 + 4)));
    if (this.#at) {
      pen.strokeStyle = look.getPropertyValue("--ink");
      pen.lineWidth = 2;
      pen.strokeRect(left + this.#at[1] * cellWide, this.#at[0] * cellHigh, Math.max(3, cellWide), Math.max(3, cellHigh));
    }
    this.#said.textContent = this.#at ? this.#grid.read(...this.#at) : "";
  }

  #move(row, column) {
    if (row === null ? this.#at === null : this.#at?.[0] === row && this.#at[1] === column) return;
    this.#at = row === null ? null : [row, column];
    this.#paint();
  }

  #key(e) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[e.key];
    if (!step || !this.#grid) return;
    e.preventDefault();
    this.#said.setAttribute("aria-live", "polite");
    const [row, column] = this.#at ?? [0, 0];
    this.#move(Math.min(this.#grid.rows - 1, Math.max(0, row + step[0])), Math.min(this.#grid.columns - 1, Math.max(0, column + step[1])));
  }

  #cellOf(e) {
    if (!this.#grid) return [null];
    const box = this.#canvas.getBoundingClientRect();
    const column = Math.floor((e.clientX - box.left - left) / (box.width - left) * this.#grid.columns);
    const row = Math.floor((e.clientY - box.top) / (box.height - bottom) * this.#grid.rows);
    return column < 0 || column >= this.#grid.columns || row < 0 || row >= this.#grid.rows ? [null] : [row, column];
  }
}

/** Lines between groups of cells where they can be told apart, and hair lines between wide cells. */
function lines(pen, cells, every, size, at) {
  for (let i = 1; i < cells; i++) {
    const isEdge = every > 1 && every < cells && i % every === 0;
    if (isEdge ? size * every < 8 : size < 9) continue;
    pen.lineWidth = isEdge ? 3 : 1;
    pen.beginPath();
    const [x0, y0, x1, y1] = at(i * size);
    pen.moveTo(x0, y0);
    pen.lineTo(x1, y1);
    pen.stroke();
  }
}

/** Numbers along an axis, as many as have room. */
function ends(pen, cells, size, write, name) {
  const room = pen.measureText(String(cells - 1)).width + 14;
  const step = rounded(room / size);
  const first = `${name} 0`;
  write(first, 0, "left");
  const from = Math.ceil((pen.measureText(first).width + 10) / size);
  for (let i = Math.ceil(from / step) * step; i < cells; i += step) write(String(i), (i + 0.5) * size, "center");
}

/** The least of 1, 2, 5, 10 and so on that is not below. */
function rounded(least) {
  let step = 1;
  for (let i = 0; step < least; i++) step = [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3);
  return step;
}

/** 256 colours of the style sheet, as pixels. */
function palette(look) {
  const style = getComputedStyle(document.documentElement);
  const names = look === "ratio" ? ["--cool", "--even", "--hot"] : ["--heat-0", "--heat-1", "--heat-2", "--heat-3", "--heat-4"];
  const stops = names.map(name => style.getPropertyValue(name).trim()).map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const place = i / 255 * (stops.length - 1), below = Math.min(stops.length - 2, Math.floor(place));
    const [r, g, b] = stops[below].map((from, c) => Math.round(from + (stops[below + 1][c] - from) * (place - below)));
    return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  });
}
