import { setTimeout as sleep } from "node:timers/promises";
import { io } from "socket.io-client";
import { PROTOCOL_VERSION } from "../../shared/protocol/version.ts";

/** A text frame of the WebSocket as it came. */
export interface Frame {
  /** Name of the Socket.IO event; `null` for pings and acknowledgements. */
  event: string | null;
  /** Payload of the frame. */
  text: string;
  bytes: number;
  /** Since the beginning. */
  atMs: number;
}

/** The Engine.IO packet type that a decoded packet no longer carries. */
const MESSAGE = "4";

/** Connects as a panel does and keeps every message that comes within the time. */
export async function captureFrames(url: string, durationMs: number): Promise<Frame[]> {
  const socket = io(url, { transports: ["websocket"], forceNew: true, auth: { protocol: PROTOCOL_VERSION } });
  const frames: Frame[] = [];
  const beganMs = performance.now();
  socket.io.engine.on("packet", ({ type, data }) => {
    if (type !== "message" || typeof data !== "string") return;
    const text = `${MESSAGE}${data}`;
    const event = /^42\["(\w+)"/.exec(text)?.[1] ?? null;
    frames.push({ event, text, bytes: Buffer.byteLength(text), atMs: performance.now() - beganMs });
  });
  await sleep(durationMs);
  socket.disconnect();
  return frames;
}
