import type { BackendStatus } from "../../shared/release/backend.ts";
import { type BackendKnowledge, NOTHING_TOLD } from "./backend-knowledge.ts";
import type { Backend, Occasion, StatusOutcome } from "./backends/backend.ts";
import { faultOf } from "./fault.ts";

/** Asks backends for their status, and takes in what they push. */
export interface StatusCalls {
  /** Asks one backend now; `null` where it has no status. */
  ask(backend: Backend, signal: AbortSignal, occasion?: Occasion): Promise<StatusOutcome | null>;
  /** Asks it, unless a call to it is under way. */
  poll(backend: Backend): void;
  takePush(backend: Backend, status: BackendStatus): void;
  /** Resolves when no call is under way. */
  ended(): Promise<unknown>;
}

/** One call at a time to each backend: one that hangs is not called again on top. */
export function createStatusCalls(
  { of, learn }: Pick<BackendKnowledge, "of" | "learn">,
  closing: AbortSignal,
): StatusCalls {
  const underWay = new Map<string, Promise<unknown>>();
  /** How often each backend has pushed: what was pushed since a call began is newer than its answer. */
  const pushes = new WeakMap<Backend, number>();

  async function ask(
    backend: Backend,
    signal: AbortSignal,
    occasion?: Occasion,
  ): Promise<StatusOutcome | null> {
    for (let call = underWay.get(backend.id); call !== undefined; call = underWay.get(backend.id)) {
      await Promise.race([call, aborted(signal)]);
      if (signal.aborted) return null;
    }
    const call = askNow(backend, signal, occasion).finally(() => underWay.delete(backend.id));
    underWay.set(backend.id, call);
    return call;
  }

  async function askNow(
    backend: Backend,
    signal: AbortSignal,
    occasion?: Occasion,
  ): Promise<StatusOutcome | null> {
    const pushesBefore = pushes.get(backend) ?? 0;
    const outcome = await statusOf(backend, signal, occasion);
    if (outcome === null || signal.aborted || closing.aborted) return outcome;
    if (outcome.kind === "failed") {
      learn(backend.id, { reachable: outcome.reached, problem: outcome.problem, status: NOTHING_TOLD });
      return outcome;
    }
    const { busy, queue, job = null, models } = of(backend.id)?.status ?? NOTHING_TOLD;
    const newer = backend.tellsBusyWhenAsked === true ? { models } : { busy, queue, job };
    const pushed = (pushes.get(backend) ?? 0) > pushesBefore;
    const status = pushed ? { ...outcome.status, ...newer } : outcome.status;
    learn(backend.id, { reachable: true, problem: null, status });
    return outcome;
  }

  return {
    ask,
    poll(backend) {
      if (!underWay.has(backend.id)) void ask(backend, closing);
    },
    takePush(backend, { busy, queue, job = null, models }) {
      const { id, tellsBusyWhenAsked } = backend;
      const status = of(id)?.status ?? NOTHING_TOLD;
      pushes.set(backend, (pushes.get(backend) ?? 0) + 1);
      const pushed = { busy, queue, job, ...(tellsBusyWhenAsked === true ? { models } : {}) };
      learn(id, { reachable: true, problem: null, status: { ...status, ...pushed } });
    },
    ended: () => Promise.all(underWay.values()),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** By contract a status does not throw; a fault of ours in one must not end the polling. */
async function statusOf(
  backend: Backend,
  signal: AbortSignal,
  occasion?: Occasion,
): Promise<StatusOutcome | null> {
  try {
    return (await backend.status?.(signal, occasion)) ?? null;
  } catch (error) {
    return { kind: "failed", problem: faultOf(error), reached: true };
  }
}
