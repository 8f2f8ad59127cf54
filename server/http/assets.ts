import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";

/** The files of the built client that may be asked for by name. */
export interface Assets {
  /** Answers, or returns false when there is no such file. */
  send(path: string, request: IncomingMessage, response: ServerResponse): boolean;
}

interface Asset {
  type: string;
  plain: Buffer;
  /** Made by the build, best first. */
  packed: { encoding: "br" | "gzip"; content: Buffer }[];
  /** A name with a hash of the content is kept for ever; another is asked for each time, by this tag. */
  tag: string | null;
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};
/** The script of the custom element, which other pages name. */
const ELEMENT = "element.js";

/**
 * Reads the built files once. They take about two megabytes, and a build that replaces them under a running
 * sidecar (whose page still names the old ones) does no harm.
 * @param folders the builds, each with its hashed files in `assets`
 */
export function loadAssets(folders: readonly string[]): Assets {
  const assets = new Map<string, Asset>();
  for (const folder of folders) {
    const hashed = join(folder, "assets");
    for (const name of existsSync(hashed) ? readdirSync(hashed) : []) {
      const asset = readAsset(join(hashed, name), false);
      if (asset !== null) assets.set(`assets/${name}`, asset);
    }
    const element = existsSync(join(folder, ELEMENT)) ? readAsset(join(folder, ELEMENT), true) : null;
    if (element !== null) assets.set(ELEMENT, element);
  }
  return {
    send(path, request, response) {
      const asset = assets.get(path);
      if (asset === undefined) return false;
      sendAsset(asset, request, response);
      return true;
    },
  };
}

function readAsset(path: string, tagged: boolean): Asset | null {
  const type = TYPES[extname(path)];
  if (type === undefined) return null;
  const plain = readFileSync(path);
  const packed = (["br", "gzip"] as const).flatMap((encoding) => {
    const file = `${path}.${encoding === "br" ? "br" : "gz"}`;
    return existsSync(file) ? [{ encoding, content: readFileSync(file) }] : [];
  });
  const tag = tagged ? `"${createHash("sha256").update(plain).digest("base64url").slice(0, 16)}"` : null;
  return { type, plain, packed, tag };
}

function sendAsset({ type, plain, packed, tag }: Asset, request: IncomingMessage, response: ServerResponse) {
  const accepted = String(request.headers["accept-encoding"] ?? "");
  const found = packed.find(({ encoding }) => new RegExp(`\\b${encoding}\\b`).test(accepted));
  const content = found?.content ?? plain;
  // Whether another origin may read it depends on the origin: the answer for one must not be kept for the other.
  const headers = {
    vary: "origin, accept-encoding",
    ...(tag === null
      ? { "cache-control": "public, max-age=31536000, immutable" }
      : { "cache-control": "no-cache", etag: tag }),
  };
  if (tag !== null && request.headers["if-none-match"]?.includes(tag)) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, {
    ...headers,
    "content-type": type,
    "content-length": content.length,
    ...(found === undefined ? {} : { "content-encoding": found.encoding }),
  });
  response.end(request.method === "HEAD" ? undefined : content);
}
