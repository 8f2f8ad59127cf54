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
      try {
        return storage().getItem(name(key)) ?? fallback.get(key) ?? null;
      } catch {
        return fallback.get(key) ?? null;
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
