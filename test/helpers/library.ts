const BUILT = new URL("../../dist/server/library.js", import.meta.url).href;

/** The library as it is built: what `import "gpu-status-panel/server"` gives. */
export const library: typeof import("../../server/library.ts") = await import(BUILT);
