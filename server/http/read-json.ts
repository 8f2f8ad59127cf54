import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { problem } from "../../shared/problems/make-problem.ts";
import { RequestProblem } from "./respond.ts";

const LARGEST_BODY_BYTES = 16 * 1024;
/** Keys that mean something else than a field in JavaScript. */
const UNSAFE_KEYS: readonly string[] = ["__proto__", "constructor", "prototype"];

/**
 * The JSON body of a request, or why there is none. An empty body reads as `{}`.
 * @throws {RequestProblem} 413 where it is too large
 */
export async function readJson(
  request: IncomingMessage,
): Promise<{ ok: true; value: unknown } | { ok: false; detail: string }> {
  const type = request.headers["content-type"] ?? "";
  // A page of another origin cannot send this type without asking first.
  if (!/^application\/json\b/i.test(type))
    return { ok: false, detail: "content-type must be application/json" };
  const body = await readBody(request);
  if (body === null) throw new RequestProblem(413, problem("body-too-large", { bytes: LARGEST_BODY_BYTES }));
  if (!isAsSigned(request, body)) return { ok: false, detail: "the body is not the one that was signed" };
  const text = body.toString("utf8");
  if (text.trim() === "") return { ok: true, value: {} };
  let unsafe: string | null = null;
  try {
    const value: unknown = JSON.parse(text, (key, part: unknown) => {
      if (UNSAFE_KEYS.includes(key)) unsafe = key;
      return part;
    });
    if (unsafe !== null) return { ok: false, detail: `the key ${unsafe} is not taken` };
    // An empty list has no wrong key either, and must not pass for an empty object.
    return Array.isArray(value) ? { ok: false, detail: "the body is a list" } : { ok: true, value };
  } catch {
    return { ok: false, detail: "the body is not JSON" };
  }
}

/** A signature vouches for the body by its digest (RFC 9530), which is looked at wherever it is told. */
function isAsSigned({ headers }: IncomingMessage, body: Buffer): boolean {
  const digest = headers["content-digest"];
  const isSigned = /^GpuPanel /.test(headers.authorization ?? "");
  if (digest === undefined) return !isSigned || body.length === 0;
  return digest === `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

/** `null` when there is too much. What is left of it is dropped as it comes, so that the answer can be sent. */
function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const collect = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= LARGEST_BODY_BYTES) return void chunks.push(chunk);
      request.off("data", collect).resume();
      resolve(null);
    };
    request.on("data", collect);
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
  });
}
