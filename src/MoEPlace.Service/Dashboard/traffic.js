// What a job's ranks do and send: heat maps by layer, pair and link.
import { el, pause } from "./dom.js";
import { HeatMap } from "./heatmap.js";
import { count, number, share } from "./words.js";

const mostRanks = 96, mostLinks = 12;

/** Reads the bytes of a traffic view: load [layers, ranks] and traffic [ranks, ranks], where there is one. */
export function read(buffer) {
  const view = new DataView(buffer);
  const [layers, ranks, ranksPerNode] = [4, 8, 12].map(at => view.getInt32(at, true));
  const load = new Float32Array(buffer, 24, layers * ranks);
  const traffic = new Float32Array(buffer, 24 + 4 * layers * ranks);
  return { layers, ranks, ranksPerNode, nodes: ranks / ranksPerNode, tokens: Number(view.getBigInt64(16, true)), load, traffic };
}

export class TrafficPanels {
  #load; #traffic; #links; #choice; #last = null; #byNode = null;

  constructor(load, traffic, links) {
    this.#load = new HeatMap(load, { label: "Load of each rank in each layer, against the mean of the layer", look: "ratio", ends: ["idle", "twice the mean"] });
    this.#traffic = new HeatMap(traffic, { label: "Hidden states that went from a rank to another", look: "amount", ends: ["none", "most"] });
    this.#links = links;
    this.#choice = el("fieldset", { class: "choice", hidden: true, "aria-label": "How traffic is shown" },
      ...[["nodes", "by node"], ["ranks", "by rank"]].map(([value, name]) => el("label", {}, el("input", {
        type: "radio", name: "traffic-by", value, change: () => { this.#byNode = value === "nodes"; this.draw(this.#last); },
      }), name)));
    traffic.prepend(this.#choice);
  }

  /** Another job: how it is shown is chosen anew. */
  forget() {
    [this.#last, this.#byNode] = [null, null];
    this.#load.draw(null);
    this.#traffic.draw(null);
    this.#links.replaceChildren();
  }

  /** Draws what was read, in slices. */
  async draw(view) {
    this.#last = view;
    if (!view) return;
    const canBeNodes = view.nodes > 1 && view.ranksPerNode > 1;
    const byNode = canBeNodes && (this.#byNode ?? view.ranks > mostRanks);
    this.#choice.hidden = !canBeNodes;
    for (const input of this.#choice.querySelectorAll("input")) input.checked = (input.value === "nodes") === byNode;
    await this.#load.draw(await loadGrid(view, byNode));
    if (view.traffic.length === 0) {
      await this.#traffic.draw({ rows: 0, columns: 0 });
      this.#links.replaceChildren(el("p", { class: "muted" }, "Only counts come from this job."));
      return;
    }
    const nodes = view.nodes > 1 ? await byNodes(view) : null;
    await this.#traffic.draw(byNode ? pairGrid(nodes, view.nodes, 1, "node", view.tokens) : pairGrid(view.traffic, view.ranks, view.ranksPerNode, "rank", view.tokens));
    await pause();
    this.#tellLinks(nodes ?? view.traffic, nodes ? view.nodes : view.ranks, nodes ? "node" : "rank", view.tokens);
  }

  #tellLinks(matrix, size, name, tokens) {
    const [out, into] = [new Float64Array(size), new Float64Array(size)];
    for (let from = 0, at = 0; from < size; from++)
      for (let to = 0; to < size; to++, at++)
        if (from !== to) { out[from] += matrix[at]; into[to] += matrix[at]; }
    const most = Math.max(1e-9, ...out, ...into);
    const busiest = [...out.keys()].sort((a, b) => Math.max(out[b], into[b]) - Math.max(out[a], into[a]) || a - b).slice(0, mostLinks).sort((a, b) => a - b);
    const rows = busiest.map(i => el("tr", {}, el("th", { scope: "row" }, `${name} ${i}`),
      bar(out[i] / most, "a"), el("td", {}, number(out[i] / Math.max(1, tokens))), bar(into[i] / most, "c"), el("td", {}, number(into[i] / Math.max(1, tokens)))));
    const more = size > busiest.length ? `; the ${busiest.length} busiest of ${count(size)}` : "";
    this.#links.replaceChildren(el("div", { class: "scroll" }, el("table", {},
      el("caption", {}, `Hidden states that left and reached each ${name}, for each token${more}`),
      el("thead", {}, el("tr", {}, ...["Link of", "out", "", "in", ""].map(text => el("th", { scope: "col" }, text)))), el("tbody", {}, ...rows))));
  }
}

/** Bars of crossing from layer to layer, now and under a plan. */
export function drawLayers(figure, now, plan) {
  const most = Math.max(0.05, ...now, ...plan);
  const rows = now.map((value, layer) => el("tr", {}, el("th", { scope: "row" }, `${layer} → ${layer + 1}`), bar(value / most, "a"), el("td", {}, share(value)),
    ...(plan.length ? [bar(plan[layer] / most, "b"), el("td", { class: plan[layer] < value - 5e-4 ? "better" : plan[layer] > value + 5e-4 ? "worse" : null }, share(plan[layer]))] : [])));
  const heads = ["Layers", "now", "", ...(plan.length ? ["plan", ""] : [])];
  const shown = now.length ? el("div", { class: "scroll tall", tabindex: 0, role: "group", "aria-label": "Crossing by layer" }, el("table", {},
    el("caption", {}, "Tokens whose next top-1 expert is on another rank"),
    el("thead", {}, el("tr", {}, ...heads.map(text => el("th", { scope: "col" }, text)))), el("tbody", {}, ...rows)))
    : el("p", { class: "muted" }, "Only counts come from this job, or nothing yet: crossing cannot be told.");
  if (figure.contains(document.activeElement)) return;
  const scrolled = figure.firstChild?.scrollTop ?? 0;
  figure.replaceChildren(shown);
  shown.scrollTop = scrolled;
}

/** A cell with a bar of a share of its width. */
function bar(part, look) {
  const inner = el("i", { class: look });
  inner.style.inlineSize = `${100 * part}%`;
  return el("td", { class: "bar", "aria-hidden": "true" }, inner);
}

async function loadGrid({ layers, ranks, ranksPerNode, load }, byNode) {
  const values = new Float32Array(load.length);
  for (let layer = 0; layer < layers; layer++) {
    const row = load.subarray(layer * ranks, (layer + 1) * ranks);
    let sum = 0;
    for (const value of row) sum += value;
    const mean = sum / ranks || 1;
    for (let rank = 0; rank < ranks; rank++) values[layer * ranks + rank] = row[rank] / mean;
    if (layer % 32 === 31) await pause();
  }
  if (byNode) return busiestOfNodes(values, layers, ranks, ranksPerNode);
  return {
    rows: layers, columns: ranks, values, most: 2, every: [1, ranksPerNode], axes: ["layer", "rank"],
    read: (layer, rank) => `Layer ${layer}, rank ${rank}: ${count(load[layer * ranks + rank])} pairs of token and expert, ${number(values[layer * ranks + rank])} × the mean`,
  };
}

function busiestOfNodes(values, layers, ranks, ranksPerNode) {
  const nodes = ranks / ranksPerNode;
  const busiest = new Float32Array(layers * nodes);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / ranks) * nodes + Math.floor(i % ranks / ranksPerNode);
    busiest[at] = Math.max(busiest[at], values[i]);
  }
  return {
    rows: layers, columns: nodes, values: busiest, most: 2, every: [1, 1], axes: ["layer", "node"],
    read: (layer, node) => `Layer ${layer}, node ${node}: its busiest rank has ${number(busiest[layer * nodes + node])} × the mean of all ranks`,
  };
}

async function byNodes({ ranks, ranksPerNode, nodes, traffic }) {
  const sums = new Float32Array(nodes * nodes);
  for (let from = 0, at = 0; from < ranks; from++) {
    const row = Math.floor(from / ranksPerNode) * nodes;
    for (let to = 0; to < ranks; to++, at++) sums[row + Math.floor(to / ranksPerNode)] += traffic[at];
    if (from % 250 === 249) await pause();
  }
  return sums;
}

function pairGrid(values, size, every, name, tokens) {
  let most = 0, all = 0;
  for (const value of values) { most = Math.max(most, value); all += value; }
  return {
    rows: size, columns: size, values, most: most || 1, every: [every, every], axes: ["from", `to ${name}`],
    read: (from, to) => `${name} ${from} → ${name} ${to}: ${count(values[from * size + to])} hidden states, ${share(values[from * size + to] / (all || 1))} of all, `
      + `${number(values[from * size + to] / Math.max(1, tokens))} for each token`,
  };
}
