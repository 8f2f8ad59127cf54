import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

/** Writes `.gz` and `.br` beside what compresses, so that the sidecar never compresses while it samples. */
function precompress(folder: string): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async closeBundle() {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(?:js|css|svg)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const content = await readFile(path);
        await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content));
      }
    },
  };
}

const NEEDED_FIRST =
  /node_modules\/(?:react|react-dom|scheduler|valibot|socket\.io-[a-z]+|engine\.io-[a-z]+|@socket\.io\/[a-z-]+)\/|shared\/(?:release\/(?:release|backend)|problems\/(?:problem|fill-in))\.ts|client\/(?:connection|store|shadow|ui|panel\/(?:connection|vram|Panel|CompactView|concurrency\/(?:Conc|Prof|use)|release\/(?:use-r|ReleaseButton)|gpus\/(?:GpuLine|NoGpus|busy|temp)))/;

/** `--mode page` builds the pages, `--mode server` the sidecar; without a mode Vite serves the pages. */
export default defineConfig(({ mode }) => {
  const define = { __VERSION__: JSON.stringify(version) };
  if (mode === "server") {
    return {
      define,
      publicDir: false,
      build: {
        ssr: true,
        outDir: "dist/server",
        emptyOutDir: true,
        target: "node20",
        minify: false,
        rollupOptions: {
          // The program and the library; what they share lies beside them.
          input: { main: "server/main.ts", library: "server/library.ts" },
          output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" },
        },
      },
      // Nothing left out: the packed sidecar starts without looking through node_modules, except for SQLite's binary.
      ssr: { noExternal: true, external: ["libsql"] },
    };
  }
  return {
    root: "client",
    // The page finds its assets below whatever path it is served from.
    base: "./",
    define: {
      ...define,
      "process.env.NODE_ENV": JSON.stringify(mode === "page" ? "production" : "development"),
    },
    resolve: {
      alias: [
        {
          find: /^\.\/webtransport\.js$/,
          replacement: join(import.meta.dirname, "client/connection/no-webtransport.ts"),
        },
      ],
    },
    plugins: [react(), precompress("dist/client")],
    build: {
      outDir: "../dist/client",
      emptyOutDir: true,
      target: "es2022",
      modulePreload: { polyfill: false },
      rollupOptions: {
        output: {
          // What every view needs from the start in one file: cut in pieces it compresses worse.
          advancedChunks: { groups: [{ name: "panel", test: NEEDED_FIRST }] },
        },
      },
    },
    server: {
      port: 5173,
      proxy: { "/socket.io": { target: "http://127.0.0.1:7870", ws: true }, "/api": "http://127.0.0.1:7870" },
    },
  };
});
