import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { wallMs } from "../lib/clock.ts";

/** How a request says that whoever sends it knows the token, without telling the token to whoever listens at the port. */
export interface Signature {
  /** Names the token that was signed with. */
  key: string;
  timeMs: number;
  nonce: string;
  mac: string;
  /** The host of a group that it is for, signed with the group's secret; `null`: signed with the token, for an address. */
  host: string | null;
  /** What is signed: all that the request asks for. */
  signed: string;
}

/** `Authorization: GpuPanel key=…, time=…, nonce=…, mac=…` */
const SIGNED = /^GpuPanel key=([\da-f]{16}), ?time=(\d{1,16}), ?nonce=([\w-]{16,64}), ?mac=([\da-f]{64})$/;
/** Both ends are on one machine, or on machines that keep the time. */
const WINDOW_MS = 60_000;
const MOST_NONCES = 20_000;

/** The signature of a request; `null`: it has none. A body that is not named in it cannot be what was signed. */
export function signatureOf({ headers, method = "", url = "" }: IncomingMessage): Signature | null {
  const [, key = "", time = "", nonce = "", mac = ""] = SIGNED.exec(headers.authorization ?? "") ?? [];
  if (mac === "") return null;
  const digest = String(headers["content-digest"] ?? "");
  const forHost = headers[HOST_HEADER];
  const host = typeof forHost === "string" ? forHost : null;
  const signed =
    host === null
      ? ["request", method, url, headers.host ?? "", time, nonce, digest]
      : ["group request", method, url, host, time, nonce, digest];
  return { ...{ key, timeMs: Number(time), nonce, mac, host }, signed: signed.join("\n") };
}

/** Names the host of a group that a request is for: its address may be one that somebody else has forged. */
const HOST_HEADER = "gpu-panel-host";

/** Headers of a request that is signed: with a token for an address, or with a group's secret for one of its hosts. */
export function signedHeaders(
  request: { secret: string; method: string; target: string; body: string } & {
    host: { id: string } | { header: string };
  },
  nowMs = wallMs,
): Record<string, string> {
  const { secret, method, target, body, host } = request;
  const [kind, name] = "id" in host ? ["group request", host.id] : ["request", host.header];
  const [time, nonce] = [String(Math.round(nowMs())), randomBytes(18).toString("base64url")];
  const digest = body === "" ? "" : `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
  const mac = hmacOf(secret, [kind, method, target, name, time, nonce, digest].join("\n"));
  return {
    authorization: `GpuPanel key=${keyOf(secret)}, time=${time}, nonce=${nonce}, mac=${mac}`,
    ...(digest === "" ? {} : { "content-digest": digest }),
    ...("id" in host ? { [HOST_HEADER]: host.id } : {}),
  };
}

/**
 * Tells by which token a request was signed: the right one, or something that is none. One that comes a second time, or
 * late, is none: whoever has seen it could send it again.
 */
export function createSignatureCheck(token: string, nowMs = wallMs): (signature: Signature) => string {
  const key = keyOf(token);
  const seen = new Map<string, number>();
  return ({ key: named, timeMs, nonce, mac, signed }) => {
    if (named !== key) return `another key: ${named}`;
    const right = hmacOf(token, signed);
    const isRight = timingSafeEqual(Buffer.from(right, "hex"), Buffer.from(mac, "hex"));
    if (!isRight || Math.abs(nowMs() - timeMs) > WINDOW_MS || seen.has(nonce)) return `no signature: ${mac}`;
    for (const [old, atMs] of seen) {
      if (seen.size < MOST_NONCES && nowMs() - atMs <= 2 * WINDOW_MS) break;
      seen.delete(old);
    }
    seen.set(nonce, nowMs());
    return token;
  };
}

/** Names a token without telling it. */
export function keyOf(token: string): string {
  return createHash("sha256").update(`gpu-status-panel key ${token}`).digest("hex").slice(0, 16);
}

export function hmacOf(token: string, text: string): string {
  return createHmac("sha256", token).update(text).digest("hex");
}

/** What shows whoever asks that the sidecar at this port knows the token. */
export function proofOf(token: string, port: number, nonce: string): string {
  return hmacOf(token, `whoami ${port} ${nonce}`);
}
