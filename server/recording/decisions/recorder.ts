import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import type { FitQuery, JobBody, JobEnd, JobPatch } from "../../../shared/protocol/job-requests.ts";
import type { Reply } from "../../../shared/protocol/reply.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import type { FitAnswer } from "../../http/openapi/fit-schema.ts";
import type { DecisionRecord } from "./decision-record.ts";
import { type BackendNote, type DecisionInput, type Note, RECORDED_FIGURES } from "./input.ts";

/** Records what decisions on room are made from; whatever did not change since the last call is left out. */
export interface Recorder {
  sample(gpus: readonly Gpu[]): void;
  backends(states: readonly BackendState[]): void;
  /** A job asks to start, or a caller asks whether one may, and the answer. */
  ask(body: JobBody, reply: Reply<Pick<Job, "id" | "state">>): void;
  /** Somebody asks with the intent to start, and the answer. */
  intent(query: FitQuery, from: string, reply: Reply<Pick<FitAnswer, "ticket">>): void;
  /** A job that waited begins. */
  started(id: string, gpus: readonly number[]): void;
  patch(id: string, patch: JobPatch): void;
  /** `null`: the job fell silent. */
  end(id: string, end: JobEnd | null): void;
  released(backends: readonly string[]): void;
  /** What stands now, for the beginning of a segment. */
  standing(): DecisionInput[];
}

export interface RecorderContext {
  record(): Pick<DecisionRecord, "add">;
  version: string;
  /** Those that run or wait. */
  jobs(): readonly Job[];
  /** Epoch milliseconds of the samples' clock. */
  nowMs(): number;
}

export function createRecorder({ record, version, jobs, nowMs }: RecorderContext): Recorder {
  let identities = { text: "[]", note: gpusNote([]) };
  let states = { text: "[]", notes: [] as BackendNote[] };
  let lists: { uuid: string; processes: Gpu["processes"] }[] = [];
  let begun = false;

  function add(input: DecisionInput) {
    if (!begun) {
      begun = true;
      record().add({ kind: "note", atMs: nowMs(), note: { topic: "start", version } });
    }
    record().add(input);
  }
  const note = (body: Note) => add({ kind: "note", atMs: nowMs(), note: body });

  return {
    sample(gpus) {
      const atMs = nowMs();
      const identity = gpusNote(gpus);
      const text = JSON.stringify(identity);
      if (text !== identities.text) {
        identities = { text, note: identity };
        note(identity);
      }
      const before = lists;
      lists = gpus.map(({ uuid, processes }) => ({ uuid, processes }));
      for (const [gpu, { uuid, processes }] of lists.entries()) {
        const known = before[gpu]?.uuid === uuid ? before[gpu].processes : null;
        if (known === processes || JSON.stringify(known) === JSON.stringify(processes)) continue;
        add({ kind: "processes", atMs, gpu, processes });
      }
      add({ kind: "sample", atMs, gpus: gpus.map(figuresOf) });
    },
    backends(all) {
      const notes = all.map(backendNote);
      const text = JSON.stringify(notes);
      if (text === states.text) return;
      const known = new Map(states.notes.map((one) => [one.id, JSON.stringify(one)]));
      states = { text, notes };
      const changed = notes.filter((one) => known.get(one.id) !== JSON.stringify(one));
      if (changed.length > 0) note({ topic: "backends", backends: changed });
    },
    ask(body, reply) {
      const answer = reply.ok ? reply.data.state : reply.code;
      note({ topic: "ask", id: reply.ok ? reply.data.id : null, body, answer });
    },
    intent({ intent: _, asker, ...query }, from, reply) {
      const ticket = reply.ok ? reply.data.ticket : null;
      const answer = !reply.ok ? reply.code : ticket === null ? "no-room" : "held";
      note({ topic: "intent", ticket, query: { ...query, asker: asker ?? from }, answer });
    },
    started: (id, gpus) => note({ topic: "started", id, gpus: [...gpus] }),
    patch(id, patch) {
      // A mere sign of life decides nothing: a job that falls silent is recorded when it ends.
      if (Object.keys(patch).length > 0) note({ topic: "patch", id, patch });
    },
    end: (id, end) => note({ topic: "end", id, end }),
    released: (backends) => note({ topic: "released", backends: [...backends] }),
    standing() {
      const atMs = nowMs();
      const notes: Note[] = [
        identities.note,
        { topic: "backends", backends: states.notes },
        { topic: "jobs", jobs: [...jobs()] },
      ];
      return [
        ...notes.map((body): DecisionInput => ({ kind: "note", atMs, note: body })),
        ...lists.map(({ processes }, gpu): DecisionInput => ({ kind: "processes", atMs, gpu, processes })),
      ];
    },
  };
}

function gpusNote(gpus: readonly Gpu[]): Note {
  const all = gpus.map(({ index, uuid, name, memoryTotalMiB, lost, mig, display }) => {
    const identity = { index, uuid, name, memoryTotalMiB, lost, mig };
    return display === undefined ? identity : { ...identity, display };
  });
  return { topic: "gpus", gpus: all };
}

const backendNote = ({ id, reachable, busy, queue, models }: BackendState): BackendNote => ({
  id,
  reachable,
  busy,
  queue,
  models,
});

const figuresOf = (gpu: Gpu) =>
  RECORDED_FIGURES.map((name) => {
    const figure = gpu[name];
    return figure === null ? null : Math.max(0, Math.round(figure));
  });
