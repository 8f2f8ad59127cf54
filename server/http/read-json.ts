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
  const text = await readText(request);
  if (text === null) throw new RequestProblem(413, problem("body-too-large", { bytes: LARGEST_BODY_BYTES }));
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

/** `null` when there is too much. What is left of it is dropped as it comes, so that the answer can be sent. */
function readText(request: IncomingMessage): Promise<string | null> {
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
    request.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    request.once("error", reject);
  });
}
