// Talks to the service that this page came from.

const kept = "moeplace-token";

/** The service does not do what it was asked. */
export class Refusal extends Error {
  constructor(status, problem) {
    const faults = (problem?.faults ?? []).map(f => `${f.field} = ${f.value}; allowed: ${f.allowed}`);
    super([problem?.message ?? `the service answers ${status}`, ...faults].join("; "));
    this.status = status;
  }
}

/** The token of this tab; null for none. */
export function token(value) {
  if (value !== undefined) sessionStorage.setItem(kept, value);
  return sessionStorage.getItem(kept);
}

/** Asks for JSON. */
export const get = async path => (await ask(path)).json();

/** Asks for bytes; null where there are none. */
export const bytes = async path => (await ask(path)).arrayBuffer();

/** Posts JSON and takes JSON. */
export const post = async (path, body = null) => (await ask(path, {
  method: "POST", body: body === null ? null : JSON.stringify(body), headers: body === null ? {} : { "Content-Type": "application/json" },
})).json();

/**
 * Follows the events of a job, from the first on record, until it is told to stop. A connection that breaks is made again after the last event that came.
 * @param {string} job which
 * @param {(e: object[]) => void} onEvents some events, oldest first
 * @param {AbortSignal} signal ends it
 */
export async function follow(job, onEvents, signal) {
  for (let last = 0; !signal.aborted; await new Promise(resume => setTimeout(resume, 1_000))) {
    try {
      const answer = await ask(`api/events?job=${encodeURIComponent(job)}&after=${last}`, { signal, headers: { Accept: "text/event-stream" } });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { done, value } = await reader.read();
        if (done) break;
        const blocks = (rest + value).split(/\r?\n\r?\n/);
        rest = blocks.pop();
        const events = blocks.map(dataOf).filter(data => data).map(data => JSON.parse(data));
        if (events.length === 0) continue;
        last = events.at(-1).sequence;
        onEvents(events);
      }
    } catch (e) {
      if (e instanceof Refusal && (e.status === 401 || e.status === 404)) return;
    }
  }
}

function dataOf(block) {
  return block.split(/\r?\n/).filter(line => line.startsWith("data:")).map(line => line.slice(5).trimStart()).join("\n");
}

async function ask(path, options = {}) {
  const bearer = token();
  const headers = { ...options.headers, ...(bearer ? { Authorization: `Bearer ${bearer}` } : {}) };
  const answer = await fetch(`/${path}`, { ...options, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  if (answer.ok) return answer;
  throw new Refusal(answer.status, await answer.json().catch(() => null));
}
