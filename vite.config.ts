import { readFileSync } from "node:fs";
import { defineConfig, mergeConfig } from "vite";
import { clientBuild } from "./build/client-build.ts";
import { declarations } from "./build/declarations.ts";
import { gallery } from "./build/gallery.ts";
import { reportSizes } from "./build/sizes.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const define = { __VERSION__: JSON.stringify(version) };

/** What the host of the React component has already. */
const REACT = ["react", "react-dom", "react/jsx-runtime"];
/** What the package exports. */
const PUBLISHED_TYPES = ["client/entries/react.tsx", "client/entries/element.ts", "server/library.ts"];

/**
 * `--mode page`, `element` and `server` build what the sidecar serves and the sidecar, `--mode react` what others
 * import, `--mode gallery` every state of the panel; without a mode Vite serves the pages.
 */
export default defineConfig(({ mode }) => {
  switch (mode) {
    case "server":
      return {
        define,
        publicDir: false,
        plugins: [reportSizes(mode, "")],
        build: {
          ssr: true,
          outDir: "dist/server",
          emptyOutDir: true,
          target: "node20",
          minify: false,
          license: { fileName: "licenses.md" },
          rolldownOptions: {
            // The program and the library; what they share lies beside them.
            input: { main: "server/main.ts", library: "server/library.ts" },
            output: { entryFileNames: "[name].js", chunkFileNames: "[name].js" },
          },
        },
        // Nothing left out: the packed sidecar starts without looking through node_modules, except for SQLite's binary.
        ssr: { noExternal: true, external: ["libsql"] },
      };
    case "element": {
      const input = { element: "client/entries/served-element.ts", define: "client/entries/element.ts" };
      return clientBuild({ mode, folder: "element", input, firstEntry: "element", served: true }, define);
    }
    case "gallery":
      return { define, ...gallery("../../.cache/gallery") };
    case "react": {
      const input = { react: "client/entries/react.tsx" };
      const build = { mode, folder: "react", input, firstEntry: "react", served: false, external: REACT };
      return mergeConfig(clientBuild(build, define), { plugins: [declarations(PUBLISHED_TYPES)] });
    }
    default:
      return {
        ...clientBuild({ mode, folder: "client", firstEntry: "index", served: true }, define),
        server: {
          port: 5173,
          proxy: {
            "/socket.io": { target: "http://127.0.0.1:7870", ws: true },
            "/api": "http://127.0.0.1:7870",
          },
        },
      };
  }
});
