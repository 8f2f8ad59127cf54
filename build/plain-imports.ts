import type { Plugin } from "vite";

/**
 * Takes the weight out of Vite's helper around dynamic imports: it preloads stylesheets and files that these builds
 * do not have, and tells the page around the panel of every one that fails.
 */
export function plainImports(): Plugin {
  return {
    name: "plain-imports",
    apply: "build",
    enforce: "pre",
    load(id) {
      return id.includes("vite/preload-helper")
        ? "export const __vitePreload = (load) => load();"
        : undefined;
    },
  };
}
