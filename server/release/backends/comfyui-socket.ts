import { randomUUID } from "node:crypto";
import * as v from "valibot";
import { type RawData, WebSocket } from "ws";
import { backoffMs } from "../../lib/backoff.ts";
import type { BackendTimings, PatienceTimings } from "../../timings.ts";

/** How many jobs ComfyUI has: the running one and those that wait. */
export const execInfoSchema = v.object({
  exec_info: v.object({ queue_remaining: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
});
const statusMessage = v.object({
  type: v.literal("status"),
  data: v.object({ status: execInfoSchema }),
});

/**
 * A larger message ends the connection. `status` takes some 80 bytes, but a prompt that was sent without `client_id` has
 * its progress, previews and results sent to every client: those of a large graph go beyond 1 MiB, in mid-job.
 */
const LARGEST_MESSAGE_BYTES = 8 * 1024 * 1024;

export type SocketTimings = BackendTimings & Pick<PatienceTimings, "handshakeMs">;

/** Where to listen. */
export interface ComfyUiSocketOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  timings: SocketTimings;
}

/**
 * Listens for `status`, which ComfyUI sends to every client on each change of its queue. Connects again by itself until
 * the returned function is called. Never throws.
 * @param onRemaining called for one number at a time, the last there was; what comes meanwhile waits. Its signal ends with
 *   the listening
 */
export function listenToComfyUi(
  { url, headers, timings }: ComfyUiSocketOptions,
  onRemaining: (jobs: number, signal: AbortSignal) => Promise<void>,
): () => void {
  // An id of its own: with that of another client the server would take that client's messages away.
  const address = `${url.replace(/\/+$/, "").replace(/^http/i, "ws")}/ws?clientId=${randomUUID()}`;
  let socket: WebSocket | null = null;
  let retry: NodeJS.Timeout | undefined;
  let attempt = 0;
  const ending = new AbortController();
  /** The newest number that was not told yet. */
  let unsaid: number | null = null;
  let isPassingOn = false;

  async function passOn() {
    if (isPassingOn) return;
    isPassingOn = true;
    for (; unsaid !== null && !ending.signal.aborted; ) {
      const remaining = unsaid;
      unsaid = null;
      await onRemaining(remaining, ending.signal);
    }
    isPassingOn = false;
  }

  function connect() {
    try {
      socket = new WebSocket(address, {
        headers,
        handshakeTimeout: timings.handshakeMs,
        maxPayload: LARGEST_MESSAGE_BYTES,
        perMessageDeflate: false,
      });
    } catch {
      // An address or a header that cannot be sent: the polled status tells of it.
      return;
    }
    socket.on("upgrade", ({ socket: tcp }) => tcp.setKeepAlive(true, timings.keepAliveMs));
    socket.on("message", (data, isBinary) => {
      const remaining = isBinary ? null : remainingOf(data);
      if (remaining === null || ending.signal.aborted) return;
      // Only now: what accepts every connection and drops it at once is no reason to hurry.
      attempt = 0;
      unsaid = remaining;
      void passOn();
    });
    // Each error is followed by a close.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (!ending.signal.aborted)
        retry = setTimeout(connect, backoffMs(attempt++, timings.firstRetryMs, timings.longestRetryMs));
    });
  }

  connect();
  return () => {
    ending.abort();
    clearTimeout(retry);
    socket?.terminate();
  };
}

function remainingOf(data: RawData): number | null {
  try {
    const parsed = v.safeParse(statusMessage, JSON.parse(String(data)));
    return parsed.success ? parsed.output.data.status.exec_info.queue_remaining : null;
  } catch {
    return null;
  }
}
