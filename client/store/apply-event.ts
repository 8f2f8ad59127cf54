import { type Gpu, UNKNOWN_READING } from "../../shared/gpu/gpu.ts";
import { decodeHistory, type EncodedHistory } from "../../shared/history/codec.ts";
import { appendRow, HISTORY_FIELDS, type HistoryRow } from "../../shared/history/row.ts";
import { decodeSample, type WireSample } from "../../shared/protocol/sample-codec.ts";
import type { Parts } from "../connection/read-changes.ts";
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
  const missed = decodeSafely(hello.history);
  const goesOn = before !== null && before.bootId === bootId && sameGpus(before.gpus, state.gpus);
  const rows = goesOn ? appendAll(before.rows, missed) : missed;
  const tMs = rows.at(-1)?.tMs ?? hello.nowMs;
  const inGroup = hello.hosts !== undefined;
  return { ...state, inGroup, bootId, version, epochMs, capabilities, profiles, rows, title: null, tMs };
}

function applyToKnown(known: Known, event: Exclude<PanelEvent, { type: "hello" | "connection" }>): Known {
  switch (event.type) {
    case "turn":
      return applySample(applyParts(known, event.parts), event.sample);
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
  }
}

function applyParts(known: Known, changed: Parts): Known {
  if (Object.keys(changed).length === 0) return known;
  const { details, ...parts } = changed;
  const next = { ...known, ...parts };
  const gpus =
    details === undefined ? known.gpus : known.gpus.map((gpu, i): Gpu => ({ ...gpu, ...details[i] }));
  return { ...next, gpus: parts.source?.status === "failed" ? forget(gpus) : gpus };
}

function applySample(known: Known, wire: WireSample | null): Known {
  const sample = wire === null ? null : decodeSample(wire, known.gpus.length);
  if (sample === null || sample.seq <= (known.rows.at(-1)?.seq ?? 0)) return known;
  const { seq, tMs, readings } = sample;
  const gpus = known.gpus.map((gpu, i): Gpu => ({ ...gpu, ...readings[i] }));
  const values = gpus.flatMap((gpu) => HISTORY_FIELDS.map(({ name }) => gpu[name]));
  const rows = appendAll(known.rows, [{ fromSeq: seq, seq, tMs, count: 1, values }]);
  return { ...known, gpus, rows, title: null, tMs };
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
