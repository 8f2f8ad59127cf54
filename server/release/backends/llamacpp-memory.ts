import type { BackendModel } from "../../../shared/release/backend.ts";
import { isInVram, type LlamaCppModel } from "./llamacpp-models.ts";

/** What was heard of a server's models, by its list and by its events. */
export interface LlamaCppMemory {
  /** The whole list: what is not in it is not loaded. */
  learnList(models: readonly Pick<LlamaCppModel, "name" | "status">[]): void;
  learn(model: string, status: string): void;
  /** Names of those that hold VRAM. */
  held(): string[];
  /** The same as a status has them. */
  models(): BackendModel[];
  loaded(): string[];
  /** A child that is loading would be killed by an unload, and whoever waits for it gets an error. */
  isLoading(): boolean;
  /** These were just asked to go. */
  unload(names: readonly string[]): void;
  /** All that were asked to go have been seen gone since. */
  allGone(): boolean;
  /** What the last unload took away, as far as it is not back. */
  missing(): string[];
  /** All that the last unload took away. */
  taken(): readonly string[];
}

export function createLlamaCppMemory(): LlamaCppMemory {
  /** In the order of the list. */
  const statuses = new Map<string, string>();
  const asked = new Set<string>();
  let taken: readonly string[] = [];

  function learn(model: string, status: string) {
    statuses.set(model, status);
    if (!isInVram({ status })) asked.delete(model);
  }
  const namesOf = (wanted: (status: string) => boolean) =>
    [...statuses].flatMap(([name, status]) => (wanted(status) ? [name] : []));
  const held = () => namesOf((status) => isInVram({ status }));

  return {
    learn,
    learnList(models) {
      for (const name of statuses.keys()) {
        if (models.some((one) => one.name === name)) continue;
        learn(name, "unloaded");
        // Otherwise ever new names would fill the memory.
        statuses.delete(name);
      }
      for (const { name, status } of models) learn(name, status);
    },
    held,
    models: () => held().map((name) => ({ name, usedMiB: null })),
    loaded: () => namesOf((status) => status === "loaded"),
    isLoading: () => [...statuses.values()].includes("loading"),
    unload(names) {
      taken = names;
      for (const name of names) asked.add(name);
    },
    allGone: () => asked.size === 0,
    missing: () => taken.filter((name) => !held().includes(name)),
    taken: () => taken,
  };
}
