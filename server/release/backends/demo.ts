import type { Backend } from "./backend.ts";

/** The simulated backend of the demo machine. */
export function createDemoBackend(unload: () => void): Backend {
  return {
    id: "demo",
    kind: "demo",
    modes: ["auto", "now"],
    async unload() {
      unload();
      return { kind: "accepted", claim: null };
    },
  };
}
