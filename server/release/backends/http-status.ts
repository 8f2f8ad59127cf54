import * as v from "valibot";
import { problem } from "../../../shared/problems/make-problem.ts";
import type { BackendStatus } from "../../../shared/release/backend.ts";
import type { StatusOutcome } from "./backend.ts";
import { type Answer, readAnswer } from "./call.ts";

/** Where a program tells in its own words whether a job runs, as paths such as `slots.0.busy`; either busy or idle. */
export interface StatusFields {
  url: string;
  busy?: string | undefined;
  idle?: string | undefined;
  queue?: string | undefined;
}

const count = v.nullish(v.pipe(v.number(), v.minValue(0)), null);
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const statusSchema = v.object({
  // Required: it tells a status from whatever else a hook may answer to a GET.
  busy: v.nullable(v.boolean()),
  queue: v.nullish(whole, null),
  models: v.nullish(v.array(v.union([v.string(), v.object({ name: v.string(), used_mib: count })])), []),
  allocator: v.nullish(
    v.object({ allocated_mib: count, reserved_mib: count, max_allocated_mib: count }),
    null,
  ),
});

/** A status in the hook's own shape; `null` for any other answer. */
export function readHookStatus(answer: Answer): BackendStatus | null {
  const said = readAnswer(answer, statusSchema);
  if (said === null) return null;
  const { busy, queue, models, allocator } = said;
  return {
    busy,
    queue,
    models: (models ?? []).map((model) =>
      typeof model === "string"
        ? { name: model, usedMiB: null }
        : { name: model.name, usedMiB: model.used_mib },
    ),
    allocator: allocator && {
      allocatedMiB: allocator.allocated_mib,
      reservedMiB: allocator.reserved_mib,
      maxAllocatedMiB: allocator.max_allocated_mib,
    },
  };
}

const json = v.union([v.record(v.string(), v.unknown()), v.array(v.unknown())]);

/** A status in a program's own words. */
export function readFields(answer: Answer, { busy, idle, queue }: StatusFields): StatusOutcome {
  const said = readAnswer(answer, json);
  const field = busy ?? idle ?? "";
  const told = truthOf(fieldOf(said, field));
  if (told === undefined)
    return { kind: "failed", problem: problem("status-field", { field }), reached: true };
  const waiting = queue === undefined ? null : v.safeParse(whole, fieldOf(said, queue));
  return {
    kind: "status",
    status: {
      busy: told === null ? null : told === (busy !== undefined),
      queue: waiting?.success ? waiting.output : null,
      models: [],
      allocator: null,
    },
  };
}

function fieldOf(said: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((inner, name) => {
    const parsed = v.safeParse(json, inner);
    return parsed.success ? Object.entries(parsed.output).find(([key]) => key === name)?.[1] : undefined;
  }, said);
}

/** `null`: it says that it does not know. `undefined`: no answer to the question. */
function truthOf(value: unknown): boolean | null | undefined {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  return Array.isArray(value) ? value.length > 0 : undefined;
}
