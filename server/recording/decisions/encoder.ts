import type { GpuProcess } from "../../../shared/gpu/gpu.ts";
import { type ByteWriter, createByteWriter } from "../../lib/bytes.ts";
import { type DecisionInput, type Figures, RECORDED_FIGURES, TICK_MS } from "./input.ts";
import { codeOf, expectedCode, TOKEN, VERSION } from "./tokens.ts";

/** Writes a segment of inputs; each is told by what differs from the ones before. */
export interface SegmentEncoder {
  add(input: DecisionInput): void;
  /**
   * The bytes since the last call.
   * @param whole also of samples that were equal so far and may go on being so
   */
  take(whole: boolean): Uint8Array;
}

/** @param startMs the time from which the first input is counted, kept beside the bytes */
export function createEncoder(startMs: number): SegmentEncoder {
  const out = createByteWriter();
  let lastTick = startMs / TICK_MS;
  let codes: number[][] = [];
  let hasSample = false;
  /** Samples that equal the last one, evenly spaced, not written yet. */
  let same = { count: 0, step: 0 };
  const names = new Map<string, number>();
  const listed = new Map<number, ReadonlyMap<number, number>>();
  out.put(VERSION);

  function endSame() {
    if (same.count === 0) return;
    out.put(TOKEN.same);
    out.put(same.count);
    out.putSigned(same.step);
    same = { count: 0, step: 0 };
  }

  function begin(token: number, atMs: number) {
    endSame();
    const tick = atMs / TICK_MS;
    out.put(token);
    out.putSigned(tick - lastTick);
    lastTick = tick;
  }

  function addSample(atMs: number, gpus: readonly Figures[]) {
    const next = gpus.map((figures) => RECORDED_FIGURES.map((_, field) => codeOf(figures[field] ?? null)));
    if (hasSample && sameCodes(codes, next)) {
      const step = atMs / TICK_MS - lastTick;
      if (same.count > 0 && same.step !== step) endSame();
      same = { count: same.count + 1, step };
      lastTick += step;
      return;
    }
    endSame();
    if (next.length !== codes.length) {
      out.put(TOKEN.gpuCount);
      out.put(next.length);
      codes = next.map((figures) => figures.map(() => 0));
    }
    begin(TOKEN.sample, atMs);
    hasSample = true;
    const before = codes;
    codes = next;
    for (const [gpu, now] of next.entries()) putFigures(out, before[gpu] ?? [], now);
  }

  function putName(name: string | undefined | null) {
    if (name === undefined || name === null) return out.put(name === undefined ? 0 : 1);
    const known = names.get(name);
    if (known !== undefined) return out.put(known + 3);
    names.set(name, names.size);
    out.put(2);
    out.putText(name);
  }

  function addProcesses(atMs: number, gpu: number, processes: readonly GpuProcess[] | null) {
    begin(TOKEN.processes, atMs);
    out.put(gpu);
    out.put(processes === null ? 0 : processes.length + 1);
    const before = listed.get(gpu);
    const now = new Map<number, number>();
    let lastPid = 0;
    for (const { pid, name, usedMiB, backend } of processes ?? []) {
      out.putSigned(pid - lastPid);
      lastPid = pid;
      putName(name);
      const code = codeOf(usedMiB);
      out.putSigned(code - (before?.get(pid) ?? 0));
      now.set(pid, code);
      putName(backend);
    }
    listed.set(gpu, now);
  }

  return {
    add(input) {
      if (input.kind === "sample") return addSample(input.atMs, input.gpus);
      if (input.kind === "processes") return addProcesses(input.atMs, input.gpu, input.processes);
      begin(TOKEN.note, input.atMs);
      out.putText(JSON.stringify(input.note));
    },
    take(whole) {
      if (whole) endSame();
      return out.take();
    },
  };
}

function putFigures(out: ByteWriter, before: readonly number[], now: readonly number[]) {
  const deltas = now.map((code, field) => code - expectedCode(field, before, now));
  // One number tells which figures changed, 0 that none did.
  out.put(deltas.reduce((bits, delta, field) => bits + (delta === 0 ? 0 : 1 << field), 0));
  for (const delta of deltas) if (delta !== 0) out.putSigned(delta);
}

function sameCodes(before: readonly number[][], now: readonly number[][]): boolean {
  return (
    before.length === now.length &&
    now.every((figures, gpu) => figures.every((code, field) => code === before[gpu]?.[field]))
  );
}
