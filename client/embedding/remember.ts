/** Small choices that outlive the page. Where storage is blocked they last as long as the page. */
export interface Memory {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

export function createMemory(storage: () => Storage): Memory {
  const fallback = new Map<string, string>();
  const name = (key: string) => `gpu-status-panel:${key}`;
  return {
    get(key) {
      // What was chosen on this page comes first: a full storage still holds the choice of before.
      const chosen = fallback.get(key);
      if (chosen !== undefined) return chosen;
      try {
        return storage().getItem(name(key));
      } catch {
        return null;
      }
    },
    set(key, value) {
      fallback.set(key, value);
      try {
        storage().setItem(name(key), value);
      } catch {
        // Blocked storage (third-party iframe, sandbox): the fallback keeps it for this page.
      }
    },
  };
}
