import type { BackendState } from "../../../shared/release/backend.ts";
import { bytes, gauge, type Known, type Metric } from "./metric.ts";

/** What the generation backends say of themselves. Pure. */
export function backendMetrics(backends: readonly BackendState[]): (Metric | null)[] {
  const each = (value: (backend: BackendState) => number | boolean | null): Known[] =>
    backends.map((backend) => [{ backend: backend.id, kind: backend.kind }, value(backend)]);
  return [
    gauge(
      "backend_reachable",
      "1 when the last call to the backend got through.",
      each(({ reachable }) => reachable),
    ),
    gauge(
      "backend_busy",
      "1 while the backend runs a job.",
      each(({ busy }) => busy),
    ),
    gauge(
      "backend_queue_length",
      "Jobs that wait in the backend behind the running one.",
      each(({ queue }) => queue),
    ),
    gauge(
      "backend_allocator_allocated_bytes",
      "VRAM in live tensors, as the backend's allocator says.",
      each(({ allocator }) => bytes(allocator?.allocatedMiB ?? null)),
    ),
    gauge(
      "backend_allocator_reserved_bytes",
      "VRAM that the backend's allocator holds: tensors and cache.",
      each(({ allocator }) => bytes(allocator?.reservedMiB ?? null)),
    ),
  ];
}
