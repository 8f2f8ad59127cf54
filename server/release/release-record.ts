import { IDLE_RELEASE, type Release, type ReleasePart } from "../../shared/release/release.ts";
import { createEmitter } from "../lib/emitter.ts";
import { remember } from "./remember.ts";

/** The release in progress, and the last ones. */
export interface ReleaseRecord {
  current(): Release;
  /** By id. */
  find(id: string): Release | null;
  onRelease(listener: (release: Release) => void): () => void;
  set(patch: Partial<Release>): void;
  setPart(backend: string, patch: Partial<ReleasePart>, more?: Partial<Release>): void;
}

export function createReleaseRecord(): ReleaseRecord {
  const releases = createEmitter<Release>();
  const past = new Map<string, Release>();
  let current: Release = IDLE_RELEASE;

  function set(patch: Partial<Release>) {
    current = { ...current, ...patch };
    if (current.id !== null) remember(past, current.id, current);
    releases.emit(current);
  }

  return {
    current: () => current,
    find: (id) => past.get(id) ?? null,
    onRelease: releases.subscribe,
    set,
    setPart(backend, patch, more = {}) {
      const parts = current.parts.map((part) => (part.backend === backend ? { ...part, ...patch } : part));
      set({ parts, ...more });
    },
  };
}
