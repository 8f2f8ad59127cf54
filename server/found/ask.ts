import { createCaller } from "../release/backends/call.ts";
import { type FindableKind, GREETINGS, type Recognised } from "./kinds.ts";

/** Of a longer answer the beginning is read. */
const READ_BYTES = 64 * 1024;

/**
 * What listens at a port of this machine; `null`: nothing that is known. Each kind's request is sent once, one after the
 * other, until one is recognised; a port that does not answer one in time, or not in HTTP, is asked no further.
 */
export async function askPort(
  port: number,
  kinds: readonly FindableKind[] | null,
  { greetingMs, signal }: { greetingMs: number; signal: AbortSignal },
): Promise<Recognised | null> {
  const call = createCaller({ url: urlOf(port), timeoutMs: greetingMs });
  for (const { kind, path, reads } of GREETINGS) {
    if (kinds !== null && !kinds.includes(kind)) continue;
    const answer = await call(path, signal, { largestBytes: READ_BYTES, cut: true });
    if (answer.kind === "failed") {
      if (answer.status === null) return null;
      continue;
    }
    const recognised = answer.text === null ? null : reads(answer.text);
    if (recognised !== null) return recognised;
  }
  return null;
}

/** The only address that is ever asked. */
export const urlOf = (port: number) => `http://127.0.0.1:${port}`;
