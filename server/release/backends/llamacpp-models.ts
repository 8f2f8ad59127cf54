import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Failed } from "./backend.ts";
import { type Caller, readAnswer, unreadable } from "./call.ts";

/** Every model on disk is listed, each with the arguments it is started with. */
const LARGEST_LIST_BYTES = 1024 * 1024;
/** Each slot tells the parameters of its last request. */
const LARGEST_SLOTS_BYTES = 1024 * 1024;
/** A sleeping child has let go of its weights and keeps some 600 MiB. To "unload" a downloading one ends its download. */
const IN_VRAM: readonly string[] = ["loaded", "loading", "sleeping"];

export interface LlamaCppModel {
  name: string;
  /** `unloaded`, `loading`, `loaded`, `sleeping`, `downloading` … */
  status: string;
  /** It could not be loaded. */
  failed: boolean;
}
/** What is listed: by a router its models, else the one model of a server that was started with it. */
export type Listed =
  | { kind: "router"; models: LlamaCppModel[] }
  | { kind: "single"; names: string[]; asleep: boolean }
  | Failed;

const listSchema = v.object({
  data: v.array(
    v.object({
      id: v.string(),
      /** Only in router mode. */
      status: v.nullish(v.object({ value: v.string(), failed: v.nullish(v.boolean(), false) }), null),
    }),
  ),
});
const propsSchema = v.object({ is_sleeping: v.nullish(v.boolean(), false) });
const slotsSchema = v.array(v.object({ is_processing: v.boolean() }));
const REQUESTS = /^llamacpp:requests_(?:processing|deferred)(?:\{.*\})?[ \t]+(\S+)/gm;

export const isInVram = ({ status }: Pick<LlamaCppModel, "status">) => IN_VRAM.includes(status);

/** Reads the list, which wakes nobody. */
export async function listModels(call: Caller, signal: AbortSignal, timeoutMs: number): Promise<Listed> {
  const answer = await call("/models", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
  if (answer.kind === "failed") return answer;
  const said = readAnswer(answer, listSchema);
  if (said === null) return unreadable("llamacpp");
  const models = said.data.flatMap(({ id, status }) =>
    status === null ? [] : [{ name: id, status: status.value, failed: status.failed === true }],
  );
  if (models.length === said.data.length) return { kind: "router", models };
  // Neither the list nor this wakes it or keeps it awake.
  const props = await call("/props", signal, { timeoutMs });
  const told = props.kind === "failed" ? null : readAnswer(props, propsSchema);
  return { kind: "single", names: said.data.map(({ id }) => id), asleep: told?.is_sleeping === true };
}

/**
 * Whether requests run on a loaded model; `null` where neither slots nor metrics tell. Asking for slots wakes a model
 * that has just gone to sleep and begins its idle time anew.
 */
export async function runsRequests(
  call: Caller,
  model: string,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<boolean | null> {
  // Without `autoload=false` the router would load a model that has gone meanwhile.
  const query = `?model=${encodeURIComponent(model)}&autoload=false`;
  const slots = await call(`/slots${query}`, signal, { timeoutMs, largestBytes: LARGEST_SLOTS_BYTES });
  // "model is not loaded": then nothing runs on it.
  if (slots.kind === "failed" && slots.status === 400) return false;
  const told = slots.kind === "failed" ? null : readAnswer(slots, slotsSchema);
  if (told !== null) return told.some(({ is_processing }) => is_processing);
  if (slots.kind === "failed" && slots.status === null) return null;
  const metrics = await call(`/metrics${query}`, signal, { timeoutMs, headers: { accept: "text/plain" } });
  if (metrics.kind === "failed" || metrics.text === null) return null;
  const counts = [...metrics.text.matchAll(REQUESTS)].map(([, figure]) => Number(figure));
  return counts.length === 0 ? null : counts.some((count) => count > 0);
}

export function loadFailed(model: string): Failed {
  return { kind: "failed", problem: problem("load-failed", { model }), reached: true };
}
