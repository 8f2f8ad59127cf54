import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { esmExternalRequirePlugin, type PluginOption, type UserConfig } from "vite";
import { plainImports } from "./plain-imports.ts";
import { precompress } from "./precompress.ts";
import { reportSizes } from "./sizes.ts";

/** What every view needs from the start, in one file: cut in pieces it compresses worse. */
const NEEDED_FIRST =
  /node_modules\/(?:react|react-dom|scheduler|valibot)\/|shared\/(?:gpu\/(?:vram|units)|health\/alert|release\/(?:release|backend)|problems\/(?:problem|fill-in))\.ts|client\/(?:connection\/(?:early-source|own-problem|refused-source)|embedding\/(?!page-title|host-frame|snapshot)|entries\/page|store|shadow\/[a-z]|ui\/(?:Icon|icons|View|quiet)|panel\/(?:connection\/(?:Status|use-state)|vram\/(?:VramBar|level)|Panel|CompactView|Later\.|later-part\.|concurrency\/(?:Answer|ProfilePicker|use)|release\/(?:use-|ReleaseButton|ThenLine)|gpus\/(?:GpuLine|gpu-name|temp)|settings\/look|health\/AlertSlot))/;

const ours = (path: string) => join(import.meta.dirname, "../client", path);

/** Parts of libraries that this panel has no use for, and what stands in for them. */
export const STAND_INS = [
  { find: /^\.\/webtransport\.js$/, replacement: ours("connection/no-webtransport.ts") },
  { find: /^\.\/contrib\/base64-arraybuffer\.js$/, replacement: ours("connection/no-binary.ts") },
  { find: /^\.\/(?:is-)?binary\.js$/, replacement: ours("connection/no-binary.ts") },
  { find: /^(?:\.\.?\/)+util\/DOMUtils$/, replacement: ours("panel/timeline/measure-text.ts") },
];

interface ClientBuild {
  mode: string;
  /** Below `dist/`. */
  folder: string;
  /** Entries by name; the page's is its HTML file. */
  input?: Record<string, string>;
  /** The entry whose first figure counts. */
  firstEntry: string;
  /** True for what the sidecar serves, false for what other people's tools bundle. */
  served: boolean;
  /** Modules that the host brings. */
  external?: readonly string[];
}

/** Vite's configuration for one way into a page. */
export function clientBuild(build: ClientBuild, define: Record<string, string>): UserConfig {
  const { mode, folder, input, firstEntry, served, external = [] } = build;
  const plugins: PluginOption[] = [react(), plainImports(), reportSizes(mode, firstEntry)];
  if (served) plugins.push(precompress(`dist/${folder}`));
  // CommonJS modules that ask for the host's React must import it, too.
  if (external.length > 0) plugins.push(esmExternalRequirePlugin({ external: [...external] }));
  return {
    root: "client",
    // Every file finds the others below whatever path it is served from.
    base: "./",
    define: {
      ...define,
      "process.env.NODE_ENV": JSON.stringify(mode === "development" ? "development" : "production"),
    },
    resolve: { alias: STAND_INS },
    plugins,
    build: {
      outDir: `../dist/${folder}`,
      emptyOutDir: true,
      target: "es2022",
      // 1 kB less before the first figures, for a round trip more before the full view.
      modulePreload: false,
      reportCompressedSize: false,
      // Of what is bundled: its licences ask to be passed on.
      license: { fileName: "licenses.md" },
      rolldownOptions: {
        ...(input === undefined ? {} : { input, preserveEntrySignatures: "strict" as const }),
        output: {
          // The host's server must not run hooks: the directive tells so to frameworks that ask.
          ...(served
            ? {}
            : { banner: (chunk: { isEntry: boolean }) => (chunk.isEntry ? '"use client";' : "") }),
          entryFileNames: input === undefined ? "assets/[name]-[hash].js" : "[name].js",
          chunkFileNames: "assets/[name]-[hash].js",
          codeSplitting: { groups: [{ name: "panel", test: NEEDED_FIRST }] },
        },
      },
    },
  };
}
