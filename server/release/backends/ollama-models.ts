import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { wallMs } from "../../lib/clock.ts";
import type { Failed } from "./backend.ts";
import { type Answer, type Caller, readAnswer, unreadable } from "./call.ts";

const MIB = 1024 * 1024;
/** Each model comes with its details. */
const LARGEST_LIST_BYTES = 256 * 1024;
/** Every model on disk, each with its details. */
const LARGEST_TAGS_BYTES = 4 * 1024 * 1024;
/** Its clock is told to the second. */
const CLOCK_MS = 1500;
/** `keep_alive` −1 is a date some 292 years ahead. */
const FOR_EVER_MS = 100 * 365 * 24 * 3_600_000;

/** A model that it has loaded. */
export interface OllamaModel {
  name: string;
  /** The same for every name of the same model. */
  digest: string | null;
  usedMiB: number | null;
  contextLength: number | null;
  /** `told`: to go, and a request still uses it. */
  stays: { kind: "told" } | { kind: "until"; atMs: number } | { kind: "for-ever" };
}

export type Loaded = { kind: "models"; models: OllamaModel[] } | Failed;

const listSchema = v.object({
  models: v.array(
    v.object({
      name: v.string(),
      digest: v.nullish(v.string(), null),
      /** Bytes, by Ollama's own estimate. */
      size_vram: v.nullish(v.pipe(v.number(), v.minValue(0)), null),
      context_length: v.nullish(v.number(), null),
      expires_at: v.nullish(v.string(), null),
    }),
  ),
});
const tagsSchema = v.object({ models: v.array(v.object({ name: v.string(), digest: v.string() })) });

/** What it has loaded: one that is loading is not in the list. */
export async function listLoaded(call: Caller, signal: AbortSignal, timeoutMs: number): Promise<Loaded> {
  const answer = await call("/api/ps", signal, { timeoutMs, largestBytes: LARGEST_LIST_BYTES });
  if (answer.kind === "failed") return answer;
  const said = readAnswer(answer, listSchema);
  if (said === null) return unreadable("ollama");
  const nowMs = timeOf(answer);
  const models = said.models.map(({ name, digest, size_vram: bytes, context_length, expires_at }) => ({
    ...{ name, digest, contextLength: context_length, stays: staysOf(expires_at, nowMs) },
    usedMiB: bytes === null ? null : Math.round(bytes / MIB),
  }));
  return { kind: "models", models };
}

/** The time of its machine, which may be another one. */
function timeOf({ headers }: Answer): number {
  const told = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(told) ? wallMs() : told;
}

function staysOf(expiresAt: string | null, nowMs: number): OllamaModel["stays"] {
  const atMs = Date.parse(expiresAt ?? "");
  // Not told, as by old builds: then nobody has told it to go.
  if (Number.isNaN(atMs) || atMs - nowMs > FOR_EVER_MS) return { kind: "for-ever" };
  return atMs - nowMs <= CLOCK_MS ? { kind: "told" } : { kind: "until", atMs };
}

/** Another name of the same model on disk; a loaded one may have lost its own. */
export async function otherNameOf(
  { name, digest }: OllamaModel,
  call: Caller,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<string | null> {
  const answer = await call("/api/tags", signal, { timeoutMs, largestBytes: LARGEST_TAGS_BYTES });
  const said = answer.kind === "failed" ? null : readAnswer(answer, tagsSchema);
  return said?.models.find((one) => one.digest === digest && one.name !== name)?.name ?? null;
}

/** Why a model is there though it should have gone. */
export function keptProblem({ name: model, stays }: OllamaModel): Problem {
  if (stays.kind !== "until") return problem("model-kept-on", { model });
  const at = new Date(stays.atMs);
  const two = (figure: number) => String(figure).padStart(2, "0");
  return problem("model-kept", { model, time: `${two(at.getHours())}:${two(at.getMinutes())}` });
}
