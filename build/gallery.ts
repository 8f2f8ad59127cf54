import react from "@vitejs/plugin-react";
import type { UserConfig } from "vite";
import { STAND_INS } from "./client-build.ts";

/** Vite's configuration for the gallery: every state of the panel, drawn from fixtures. @param outDir where it is built */
export function gallery(outDir: string): UserConfig {
  return {
    root: "test/gallery",
    base: "./",
    publicDir: false,
    plugins: [react()],
    resolve: { alias: STAND_INS },
    server: { port: 5174, open: true },
    build: { outDir, emptyOutDir: true, reportCompressedSize: false, chunkSizeWarningLimit: 5000 },
  };
}
