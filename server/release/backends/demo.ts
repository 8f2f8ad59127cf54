import type { Backend } from "./backend.ts";

/** The simulated backend of the demo machine. */
export function createDemoBackend(unload: () => void): Backend {
  return {
    id: "demo",
    kind: "demo",
    url: null,
    modes: ["auto", "now"],
    duringJob: "unknown",
    async unload() {
      unload();
      return { kind: "accepted", claim: null };
    },
  };
}
