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
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * Reads the hashed files once. They take about a megabyte, and a build that replaces them under a running
 * sidecar (whose page still names the old ones) does no harm.
 */
export function loadAssets(clientFolder: string): Assets {
  const folder = join(clientFolder, "assets");
  const assets = new Map<string, Asset>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = join(folder, name);
    const packed = (["br", "gzip"] as const).flatMap((encoding) => {
      const file = `${path}.${encoding === "br" ? "br" : "gz"}`;
      return existsSync(file) ? [{ encoding, content: readFileSync(file) }] : [];
    });
    assets.set(`assets/${name}`, { type, plain: readFileSync(path), packed });
  }
  return {
    send(path, request, response) {
      const asset = assets.get(path);
      if (asset === undefined) return false;
      const accepted = String(request.headers["accept-encoding"] ?? "");
      const packed = asset.packed.find(({ encoding }) => new RegExp(`\\b${encoding}\\b`).test(accepted));
      const content = packed?.content ?? asset.plain;
      response.writeHead(200, {
        "content-type": asset.type,
        "content-length": content.length,
        // The name carries a hash of the content.
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
        ...(packed === undefined ? {} : { "content-encoding": packed.encoding }),
      });
      response.end(request.method === "HEAD" ? undefined : content);
      return true;
    },
  };
}
