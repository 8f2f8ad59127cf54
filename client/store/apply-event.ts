import { type Gpu, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import { decodeHistory, type EncodedHistory } from "../../shared/history/codec.ts";
import { appendRow, HISTORY_FIELDS, type HistoryRow } from "../../shared/history/row.ts";
import { decodeSample } from "../../shared/protocol/sample-codec.ts";
import { UNKNOWN_PROMISE } from "../../shared/protocol/state.ts";
import type { PanelEvent } from "../connection/source.ts";
import type { Known, PanelState } from "./panel-state.ts";

/** The panel's state after an event. Pure; what does not fit the present GPUs is left out. */
export function applyEvent(state: PanelState, event: PanelEvent): PanelState {
  if (event.type === "connection") {
    return { ...state, connection: { status: event.status, problem: event.problem } };
  }
  if (event.type === "hello") return { ...state, known: applyHello(state.known, event.hello) };
  if (state.known === null) return state;
  const known = applyToKnown(state.known, event);
  return known === state.known ? state : { ...state, known };
}

function applyHello(before: Known | null, hello: Extract<PanelEvent, { type: "hello" }>["hello"]): Known {
  const { bootId, version, epochMs, capabilities, profiles, state } = hello;
  const { source, gpus, host, backends, release, alerts, jobs, promises, runs } = state;
  const missed = decodeSafely(hello.history);
  const goesOn = before !== null && before.bootId === bootId && sameGpus(before.gpus, gpus);
  const rows = goesOn ? appendAll(before.rows, missed) : missed;
  const tMs = rows.at(-1)?.tMs ?? hello.nowMs;
  return {
    bootId,
    version,
    epochMs,
    capabilities,
    profiles,
    source,
    gpus,
    host,
    backends,
    release,
    alerts,
    jobs,
    promises,
    runs,
    rows,
    tMs,
  };
}

function applyToKnown(known: Known, event: Exclude<PanelEvent, { type: "hello" | "connection" }>): Known {
  switch (event.type) {
    case "sample": {
      const sample = decodeSample(event.sample, known.gpus.length);
      if (sample === null || sample.seq <= (known.rows.at(-1)?.seq ?? 0)) return known;
      const { seq, tMs, readings } = sample;
      const gpus = known.gpus.map((gpu, i): Gpu => ({ ...gpu, ...readings[i] }));
      const values = gpus.flatMap((gpu) => HISTORY_FIELDS.map(({ name }) => gpu[name]));
      const rows = appendAll(known.rows, [{ fromSeq: seq, seq, tMs, count: 1, values }]);
      return { ...known, gpus, rows, tMs };
    }
    case "details": {
      const patches = new Map(event.details);
      return { ...known, gpus: known.gpus.map((gpu, i) => ({ ...gpu, ...patches.get(i) })) };
    }
    case "resumed": {
      const { gpus, history } = event.resumed;
      if (!sameGpus(known.gpus, gpus)) return known;
      const missed = decodeSafely(history);
      const upTo = missed.at(-1)?.seq ?? event.sinceSeq;
      const older = known.rows.filter(({ seq }) => seq <= event.sinceSeq);
      const newer = known.rows.filter(({ seq }) => seq > upTo);
      const rows = appendAll(older, [...missed, ...newer]);
      return { ...known, gpus, rows, tMs: rows.at(-1)?.tMs ?? known.tMs };
    }
    case "host":
      return { ...known, host: event.host };
    case "source":
      return {
        ...known,
        source: event.source,
        gpus: event.source.status === "failed" ? forget(known.gpus) : known.gpus,
      };
    case "capacity": {
      const { promises: changed, runs = known.runs, profiles = known.profiles } = event.capacity;
      const now = new Map(changed);
      const promises = known.gpus.map((_, i) => now.get(i) ?? known.promises[i] ?? UNKNOWN_PROMISE);
      return { ...known, promises, runs, profiles };
    }
    case "backends":
      return { ...known, backends: event.backends };
    case "release":
      return { ...known, release: event.release };
    case "alerts":
      return { ...known, alerts: event.alerts };
    case "jobs":
      return { ...known, jobs: event.jobs };
  }
}

/** A failed source vouches for nothing; the sample that says so may have been skipped for a slow viewer. */
function forget(gpus: readonly Gpu[]): Gpu[] {
  return gpus.map((gpu) => ({ ...gpu, ...UNKNOWN_READING, processes: null }));
}

function appendAll(rows: readonly HistoryRow[], added: readonly HistoryRow[]): HistoryRow[] {
  const next = [...rows];
  for (const row of added) appendRow(next, row);
  return next;
}

function decodeSafely(history: EncodedHistory): HistoryRow[] {
  try {
    return decodeHistory(history);
  } catch {
    return [];
  }
}

function sameGpus(a: readonly Gpu[], b: readonly Gpu[]): boolean {
  return a.length === b.length && a.every(({ uuid }, i) => uuid === b[i]?.uuid);
}
