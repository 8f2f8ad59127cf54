import type { DemoSource } from "../../sampling/demo/demo-source.ts";
import type { Backend } from "./backend.ts";

/** The simulated backend of the demo machine. */
export function createDemoBackend({ unload, modelsMiB }: Pick<DemoSource, "unload" | "modelsMiB">): Backend {
  return {
    id: "demo",
    kind: "demo",
    url: null,
    modes: ["auto", "now"],
    duringJob: "unknown",
    async status() {
      const usedMiB = modelsMiB();
      const models = usedMiB === 0 ? [] : [{ name: "demo", usedMiB }];
      return { kind: "status", status: { busy: null, queue: null, models, allocator: null } };
    },
    async unload() {
      unload();
      return { kind: "accepted", claim: null };
    },
  };
}
