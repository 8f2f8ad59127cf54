import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { backoffMs } from "../../../../server/lib/backoff.ts";
import { createDisposer } from "../../../../server/lib/disposer.ts";
import { createEmitter } from "../../../../server/lib/emitter.ts";

test("SMP-6 waits double from the first up to the most, at any attempt", () => {
  expect([0, 1, 2, 3, 4].map((attempt) => backoffMs(attempt, 500, 3000))).toEqual([
    500, 1000, 2000, 3000, 3000,
  ]);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.integer({ min: 1, max: 5000 }),
      fc.nat({ max: 60_000 }),
      (attempt, first, more) => {
        const most = first + more;
        const wait = backoffMs(attempt, first, most);
        expect(wait).toBeGreaterThanOrEqual(first);
        expect(wait).toBeLessThanOrEqual(most);
        expect(backoffMs(attempt + 1, first, most)).toBeGreaterThanOrEqual(wait);
      },
    ),
  );
});

describe("the disposer", () => {
  test("SMP-8 closes in reverse order, one after the other, and once for all who ask", async () => {
    const disposer = createDisposer();
    const log: string[] = [];
    for (const name of ["a", "b", "c"]) {
      disposer.add(async () => {
        log.push(`${name} begins`);
        await Promise.resolve();
        log.push(`${name} ends`);
      });
    }
    await Promise.all([disposer.close(), disposer.close()]);
    await disposer.close();
    expect(log).toEqual(["c begins", "c ends", "b begins", "b ends", "a begins", "a ends"]);
  });

  test("SMP-8 a part that fails to close keeps no other open, and the failures are told", async () => {
    const disposer = createDisposer();
    const closed = vi.fn();
    const failures = [new Error("at once"), new Error("later")];
    disposer.add(closed);
    disposer.add(() => {
      throw failures[0];
    });
    disposer.add(() => Promise.reject(failures[1]));
    await expect(disposer.close()).rejects.toMatchObject({ errors: [failures[1], failures[0]] });
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe("the emitter", () => {
  test("listeners hear every value in the order in which they came, until they go", () => {
    const emitter = createEmitter<number>();
    const heard: string[] = [];
    const stop = emitter.subscribe((value) => heard.push(`a${value}`));
    emitter.subscribe((value) => heard.push(`b${value}`));
    emitter.emit(1);
    stop();
    stop();
    emitter.emit(2);
    expect(heard).toEqual(["a1", "b1", "b2"]);
  });

  test("a function that listens twice hears twice, and leaves one at a time", () => {
    const emitter = createEmitter<void>();
    const listener = vi.fn();
    const stop = emitter.subscribe(listener);
    emitter.subscribe(listener);
    stop();
    emitter.emit();
    expect(listener).toHaveBeenCalledOnce();
  });

  test("a listener may leave or join while a value is given out", () => {
    const emitter = createEmitter<string>();
    const late = vi.fn();
    const stop = emitter.subscribe(() => {
      stop();
      emitter.subscribe(late);
    });
    emitter.emit("first");
    expect(late).not.toHaveBeenCalled();
    emitter.emit("second");
    expect(late.mock.calls).toEqual([["second"]]);
  });
});
