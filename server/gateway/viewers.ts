import type { Reader } from "./reader.ts";

/** Everybody who is connected, and who of them watches. */
export interface Viewers {
  add(id: string, reader: Reader, watches: boolean): void;
  remove(id: string): void;
  of(id: string): Reader | undefined;
  /** Returns false where that changes nothing. */
  setWatching(id: string, watches: boolean): boolean;
  watching(): Iterable<Reader>;
  hidden(): Iterable<Reader>;
  /** How many watch. */
  count(): number;
  /** Whether no more can be let in: HTTP, logs and nvidia-smi need some of the files that this process may open. */
  isFull(): boolean;
  readonly most: number;
}

/** @param onWatched told when the first one comes to watch, and when the last one has left */
export function createViewers(most: number, onWatched: (watched: boolean) => void): Viewers {
  const watching = new Map<string, Reader>();
  const hidden = new Map<string, Reader>();

  function follow(change: () => void) {
    const before = watching.size > 0;
    change();
    if (before !== watching.size > 0) onWatched(watching.size > 0);
  }

  return {
    add: (id, reader, watches) => follow(() => (watches ? watching : hidden).set(id, reader)),
    remove(id) {
      hidden.delete(id);
      follow(() => watching.delete(id));
    },
    of: (id) => watching.get(id) ?? hidden.get(id),
    setWatching(id, watches) {
      const [from, to] = watches ? [hidden, watching] : [watching, hidden];
      const reader = from.get(id);
      if (reader === undefined) return false;
      follow(() => {
        from.delete(id);
        to.set(id, reader);
      });
      return true;
    },
    watching: () => watching.values(),
    hidden: () => hidden.values(),
    count: () => watching.size,
    isFull: () => watching.size + hidden.size >= most,
    most,
  };
}
