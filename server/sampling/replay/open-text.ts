import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

const HEAD_BYTES = 4096;

/**
 * A file as a stream of text: UTF-8, also in gzip, or UTF-16 with a mark (what `>` of Windows PowerShell writes).
 * `null`: it is no text. Throws what the system says when it cannot be opened.
 */
export async function openText(path: string, signal: AbortSignal): Promise<Readable | null> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  await file.close();
  const head = buffer.subarray(0, bytesRead);
  const input = createReadStream(path, { signal });
  if (head[0] !== 0x1f || head[1] !== 0x8b) return decode(input, head);
  const unpacked = createGunzip();
  // A failure of either ends the other.
  pipeline(input, unpacked, () => {});
  return decode(unpacked, Buffer.alloc(0));
}

function decode(input: Readable, head: Buffer): Readable | null {
  if (head[0] === 0xff && head[1] === 0xfe) return input.setEncoding("utf16le");
  if (!head.includes(0)) return input.setEncoding("utf8");
  input.destroy();
  return null;
}
