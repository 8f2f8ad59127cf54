import { createEmitter } from "../lib/emitter.ts";
import type { Backend } from "./backends/backend.ts";

/** The backends there are now: those of the settings, and those that hosts have registered. */
export interface BackendList {
  /** Always the same list, whose content changes. */
  readonly all: readonly Backend[];
  add(backend: Backend): void;
  remove(id: string): void;
  onChange(listener: () => void): () => void;
}

export function createBackendList(configured: readonly Backend[]): BackendList {
  const all = [...configured];
  const changes = createEmitter<void>();
  return {
    all,
    add(backend) {
      all.push(backend);
      changes.emit();
    },
    remove(id) {
      const at = all.findIndex((one) => one.id === id);
      if (at < 0) return;
      all.splice(at, 1);
      changes.emit();
    },
    onChange: changes.subscribe,
  };
}
