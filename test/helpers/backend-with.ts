import type { BackendState } from "../../shared/release/backend.ts";

/** The state of a reachable, idle ComfyUI; what a test is about is said by it. */
export function backendWith(own: Partial<BackendState> = {}): BackendState {
  return {
    id: "comfyui",
    kind: "comfyui",
    url: null,
    reachable: true,
    problem: null,
    busy: false,
    queue: 0,
    models: [],
    allocator: null,
    parked: false,
    canLoad: false,
    givesNothing: false,
    modes: ["auto", "now"],
    duringJob: "deferred",
    ...own,
  };
}
