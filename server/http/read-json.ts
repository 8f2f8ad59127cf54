import type { IncomingMessage } from "node:http";

const LARGEST_BODY_BYTES = 16 * 1024;

/** The JSON body of a request, or why there is none. An empty body reads as `{}`. */
export async function readJson(
  request: IncomingMessage,
): Promise<{ ok: true; value: unknown } | { ok: false; detail: string }> {
  const type = request.headers["content-type"] ?? "";
  // A page of another origin cannot send this type without asking first.
  if (!/^application\/json\b/i.test(type))
    return { ok: false, detail: "content-type must be application/json" };
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > LARGEST_BODY_BYTES) return { ok: false, detail: `more than ${LARGEST_BODY_BYTES} bytes` };
    chunks.push(part);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (text.trim() === "") return { ok: true, value: {} };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, detail: "the body is not JSON" };
  }
}
