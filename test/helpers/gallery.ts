import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { gallery } from "../../build/gallery.ts";
import { onceARun } from "./once-a-run.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html",
};

/** The gallery, built once a run, on a server of its own. */
export async function serveGallery(): Promise<{ url: string; close(): void }> {
  const folder = await onceARun("gallery", async (outDir) => {
    await build({
      ...gallery(outDir),
      root: join(ROOT, "test/gallery"),
      configFile: false,
      logLevel: "warn",
    });
    return outDir;
  });
  const server = createServer(({ url = "/" }, response) => {
    const path = normalize(decodeURIComponent(url.replace(/\?.*/, "")));
    try {
      const file = readFileSync(join(folder, path === "/" ? "index.html" : path));
      response
        .writeHead(200, { "content-type": `${TYPES[extname(path)] ?? "text/html"}; charset=utf-8` })
        .end(file);
    } catch {
      response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (typeof bound !== "object" || bound === null) throw new Error("the gallery has no port");
  return {
    url: `http://127.0.0.1:${bound.port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
