/** Collects what must be closed, and closes it in reverse order, once. */
export interface Disposer {
  add(close: () => void | Promise<void>): void;
  /** Idempotent: every call waits for the same closing. A part that fails to close does not keep the rest open. */
  close(): Promise<void>;
}

export function createDisposer(): Disposer {
  const parts: (() => void | Promise<void>)[] = [];
  let closing: Promise<void> | undefined;
  return {
    add(close) {
      parts.push(close);
    },
    close() {
      closing ??= (async () => {
        const failures: unknown[] = [];
        for (const close of parts.reverse()) {
          try {
            await close();
          } catch (error) {
            failures.push(error);
          }
        }
        if (failures.length > 0) throw new AggregateError(failures, "not everything could be closed");
      })();
      return closing;
    },
  };
}
