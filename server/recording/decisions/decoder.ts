import * as v from "valibot";
import type { GpuProcess } from "../../../shared/gpu/gpu.ts";
import { createByteReader } from "../../lib/bytes.ts";
import { type DecisionInput, noteSchema, RECORDED_FIGURES, TICK_MS } from "./input.ts";
import { expectedCode, figureOf, TOKEN, VERSION } from "./tokens.ts";

/** The inputs of a segment, in order. Throws a RangeError where the bytes are none, after what could be read. */
export function* decodeSegment(startMs: number, bytes: Uint8Array): Generator<DecisionInput> {
  const read = createByteReader(bytes);
  if (read.take() !== VERSION) throw new RangeError("a record of decisions is of another version");
  let tick = startMs / TICK_MS;
  let codes: number[][] = [];
  const names: string[] = [];
  const listed = new Map<number, ReadonlyMap<number, number>>();

  const sample = (): DecisionInput => ({
    kind: "sample",
    atMs: tick * TICK_MS,
    gpus: codes.map((figures) => figures.map(figureOf)),
  });

  function readCodes(before: readonly number[]): number[] {
    const changed = read.take();
    const now: number[] = [];
    for (const field of RECORDED_FIGURES.keys()) {
      const delta = Math.floor(changed / 2 ** field) % 2 === 1 ? read.takeSigned() : 0;
      now.push(expectedCode(field, before, now) + delta);
    }
    return now;
  }

  function readName(): string | null | undefined {
    const code = read.take();
    if (code < 2) return code === 0 ? undefined : null;
    if (code === 2) {
      const name = read.takeText();
      names.push(name);
      return name;
    }
    const name = names[code - 3];
    if (name === undefined) throw new RangeError("a name is missing in a record of decisions");
    return name;
  }

  function readProcesses(): DecisionInput {
    const gpu = read.take();
    const count = read.take() - 1;
    const before = listed.get(gpu);
    const now = new Map<number, number>();
    const processes: GpuProcess[] = [];
    let pid = 0;
    for (let i = 0; i < count; i++) {
      pid += read.takeSigned();
      const name = readName() ?? null;
      const code = (before?.get(pid) ?? 0) + read.takeSigned();
      now.set(pid, code);
      const backend = readName();
      processes.push({
        pid,
        name,
        usedMiB: figureOf(code),
        ...(typeof backend === "string" ? { backend } : {}),
      });
    }
    listed.set(gpu, now);
    return { kind: "processes", atMs: tick * TICK_MS, gpu, processes: count < 0 ? null : processes };
  }

  while (!read.atEnd()) {
    const token = read.take();
    if (token === TOKEN.gpuCount) {
      codes = Array.from({ length: read.take() }, () => RECORDED_FIGURES.map(() => 0));
      continue;
    }
    if (token === TOKEN.same) {
      const count = read.take();
      const step = read.takeSigned();
      for (let i = 0; i < count; i++) {
        tick += step;
        yield sample();
      }
      continue;
    }
    tick += read.takeSigned();
    if (token === TOKEN.sample) {
      codes = codes.map(readCodes);
      yield sample();
    } else if (token === TOKEN.processes) yield readProcesses();
    else if (token === TOKEN.note) {
      const note = v.safeParse(noteSchema, parsed(read.takeText()));
      // One of a topic that only a newer sidecar knows is passed over.
      if (note.success) yield { kind: "note", atMs: tick * TICK_MS, note: note.output };
    } else throw new RangeError(`a record of decisions holds an unknown token ${token}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError("a note in a record of decisions is no JSON");
  }
}
