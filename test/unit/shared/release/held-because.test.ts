import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { AllocatorFigures } from "../../../../shared/release/backend.ts";
import { CONTEXT_MIB } from "../../../../shared/release/estimate.ts";
import { heldBecause } from "../../../../shared/release/held-because.ts";
import { HELD_BECAUSE } from "../../../../shared/release/release.ts";
import { backendWith } from "../../../helpers/backend-with.ts";

const asked = (id: string, allocator: AllocatorFigures | null = null) =>
  backendWith({ id, allocator, modes: ["auto"], duringJob: "unknown" });
const process = (usedMiB: number | null, backend?: string): GpuProcess => ({
  pid: 1,
  name: null,
  usedMiB,
  ...(backend === undefined ? {} : { backend }),
});
const figures = (allocatedMiB: number | null, reservedMiB: number | null) => ({
  allocatedMiB,
  reservedMiB,
  maxAllocatedMiB: null,
});

describe("whose it is", () => {
  test("REL-2b a process without a name is another's only where backends' processes can be told", () => {
    expect(heldBecause(process(9000), [asked("a")], true)).toBe("other-program");
    expect(heldBecause(process(9000), [asked("a")], false)).toBe("unknown");
    expect(heldBecause(process(9000, "b"), [asked("a")], false)).toBe("other-program");
  });
});

describe("why the backend holds it", () => {
  const because = (usedMiB: number | null, allocator: AllocatorFigures | null = null) =>
    heldBecause(process(usedMiB, "a"), [asked("a", allocator)], true);

  test("REL-2b as much as a context takes is the context, whatever the allocator says", () => {
    for (const allocator of [null, figures(0, 5000), figures(5000, 5000)]) {
      expect(because(CONTEXT_MIB, allocator)).toBe("context");
      expect(because(CONTEXT_MIB + 1, allocator)).not.toBe("context");
    }
    expect(because(0)).toBe("context");
  });

  test("REL-2b memory without tensors is the allocator's; with tensors, or where it is not told, it is kept", () => {
    expect(because(5000, figures(20, 4000))).toBe("allocator-cache");
    expect(because(5000, figures(256, 513))).toBe("allocator-cache");
    expect(because(5000, figures(257, 9000))).toBe("kept");
    expect(because(5000, figures(20, 276))).toBe("kept");
    expect(because(5000, figures(3000, 4000))).toBe("kept");
    for (const allocator of [null, figures(null, 4000), figures(20, null)])
      expect(because(5000, allocator)).toBe("kept");
  });

  test("REL-2b a hidden figure is no context", () => {
    expect(because(null)).toBe("kept");
    expect(because(null, figures(0, 4000))).toBe("allocator-cache");
  });

  test("REL-2b there is a reason for everything, and a process of the backend is never another's", () => {
    const figure = fc.option(fc.nat({ max: 50_000 }), { nil: null });
    const owner = fc.constantFrom("a", "b", undefined);
    fc.assert(
      fc.property(
        figure,
        owner,
        figure,
        figure,
        fc.boolean(),
        (used, backend, allocated, reserved, known) => {
          const why = heldBecause(process(used, backend), [asked("a", figures(allocated, reserved))], known);
          expect(HELD_BECAUSE).toContain(why);
          if (backend === "a") expect(["other-program", "unknown"]).not.toContain(why);
          else expect(why).toBe(backend === undefined && !known ? "unknown" : "other-program");
        },
      ),
    );
  });
});
