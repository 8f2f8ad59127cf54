import * as v from "valibot";
import type { CommandContext } from "../define-command.ts";
import { allowedGpus } from "./visible-gpus.ts";

/** What is read of `GET /api/v1/state`. */
const lookSchema = v.object({
  version: v.string(),
  state: v.object({
    source: v.object({ kind: v.string(), demoReason: v.optional(v.nullable(v.string())) }),
    gpus: v.array(v.object({ index: v.number(), uuid: v.string(), name: v.string() })),
  }),
});

/** Where nobody listens that is known at once; one that is silent may have a crowd to answer. */
const LOOK_PATIENCE_MS = 60_000;

type Look =
  | { kind: "panel" /** GPUs that the program may use; `null`: any. */; indexes: readonly number[] | null }
  /** Nobody lets jobs in there. */
  | { kind: "no-panel"; said: string }
  | { kind: "wrong"; said: string };

/** Whether there is a panel that lets jobs in, and on which of its GPUs the program may run. */
export async function lookAtPanel({ panel, env, words }: CommandContext): Promise<Look> {
  const told = await panel.call("api/v1/state", lookSchema, { patienceMs: LOOK_PATIENCE_MS });
  if (told.kind === "away") return { kind: "no-panel", said: words.noPanel(panel.url, told.why) };
  if (told.kind === "strange") return { kind: "wrong", said: words.strange(panel.url, told.why) };
  if (told.kind === "refused")
    return { kind: "wrong", said: `${told.problem.message} ${told.problem.advice}` };
  const { source, gpus } = told.data.state;
  if (source.kind === "replay") return { kind: "no-panel", said: words.run.recording(panel.url) };
  if (source.demoReason === "no-nvidia-smi")
    return { kind: "no-panel", said: words.run.simulated(panel.url) };
  const allowed = allowedGpus(env, gpus);
  if (allowed.ok) return { kind: "panel", indexes: allowed.indexes };
  const say = allowed.why === "order" ? words.run.order : words.run.unknownGpu;
  return { kind: "wrong", said: say(allowed.named) };
}
