import type { Outgoing } from "./channel.ts";

/** What came of a request. `error` names the cause without the address. */
export type Posted =
  | { ok: true; status: number; answer: string; retryAfterMs: number | null }
  | { ok: false; error: string };

const LARGEST_ANSWER_BYTES = 16 * 1024;
const LONGEST_RETRY_AFTER_S = 3600;

/** Posts once. Never throws, follows no redirect, reads no endless answer, ends with `signal` or by its time limit. */
export async function post(
  { url, headers, body }: Outgoing,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Posted> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: ending.signal,
    });
    const wait = Number(response.headers.get("retry-after") ?? Number.NaN);
    const retryAfterMs = wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER_S) * 1000 : null;
    return { ok: true, status: response.status, answer: await readSome(response), retryAfterMs };
  } catch (error) {
    if (ending.signal.aborted) return { ok: false, error: `no answer within ${timeoutMs / 1000} s` };
    return { ok: false, error: causeOf(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** As much as there is, up to a limit; the rest is not waited for. */
async function readSome(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** A code such as ECONNREFUSED. A message may hold the address, and the address is a secret. */
function causeOf(error: unknown): string {
  let reason: unknown = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  return reason instanceof Error && "code" in reason && typeof reason.code === "string"
    ? reason.code
    : "it cannot be sent";
}
