/** Calls at most once an interval: at once where that allows it, else when it is over, whatever came meanwhile. */
export interface Throttle {
  call(): void;
  close(): void;
}

export function createThrottle(intervalMs: number, run: () => void): Throttle {
  let timer: NodeJS.Timeout | undefined;
  let pending = false;
  function rest() {
    timer = setTimeout(() => {
      timer = undefined;
      if (!pending) return;
      pending = false;
      rest();
      run();
    }, intervalMs);
  }
  return {
    call() {
      if (timer !== undefined) {
        pending = true;
        return;
      }
      rest();
      run();
    },
    close() {
      clearTimeout(timer);
      pending = false;
    },
  };
}
