import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GpuProcess } from "../../../../shared/gpu/gpu.ts";
import type { BackendState } from "../../../../shared/release/backend.ts";
import { CONTEXT_MIB, estimateMiB, totalEstimateMiB } from "../../../../shared/release/estimate.ts";
import { backendWith } from "../../../helpers/backend-with.ts";

const backendOf = (own: Partial<BackendState> = {}) =>
  backendWith({ id: "a", kind: "a1111", modes: ["auto"], duringJob: "unknown", ...own });
const reserved = (reservedMiB: number | null) => ({ allocatedMiB: null, reservedMiB, maxAllocatedMiB: null });
const process = (usedMiB: number | null, backend?: string, pid = 1): GpuProcess => ({
  pid,
  name: null,
  usedMiB,
  ...(backend === undefined ? {} : { backend }),
});
const gpu = (processes: GpuProcess[] | null, memoryUsedMiB: number | null = 48_000) => ({
  processes,
  memoryUsedMiB,
});

const mib = fc.nat({ max: 100_000 });
const figure = fc.option(mib, { nil: null });
const id = fc.constantFrom("a", "b");
const backend = fc
  .record({
    id,
    kind: fc.constantFrom("comfyui", "swarmui", "a1111", "ollama"),
    models: fc.array(fc.record({ name: fc.constant("m"), usedMiB: figure }), { maxLength: 3 }),
    allocator: fc.option(figure.map(reserved), { nil: null }),
  })
  .map(backendOf);
const gpus = fc.array(
  fc.record({
    memoryUsedMiB: figure,
    processes: fc.option(
      fc.array(
        fc
          .record({ usedMiB: figure, backend: fc.constantFrom("a", "b", "c") })
          .map((one) => process(one.usedMiB, one.backend)),
        { maxLength: 4 },
      ),
      { nil: null },
    ),
  }),
  { maxLength: 4 },
);

describe("one backend", () => {
  test("REL-16 the allocator's figure counts before the models', those before the processes'; else it is unknown", () => {
    const models = [
      { name: "x", usedMiB: 4000 },
      { name: "y", usedMiB: 500.4 },
    ];
    const held = [gpu([process(9300, "a")])];
    const all = backendOf({ allocator: reserved(17_000.6), models });
    expect(estimateMiB(all, held)).toBe(17_001);
    expect(estimateMiB(backendOf({ allocator: reserved(null), models }), held)).toBe(4500);
    expect(estimateMiB(backendOf({ models }), held)).toBe(4500);
    expect(estimateMiB(backendOf(), held)).toBe(9000);
    expect(estimateMiB(backendOf(), [gpu([process(9300)])])).toBeNull();
    expect(estimateMiB(backendOf(), [gpu(null)])).toBeNull();
    expect(estimateMiB(backendOf(), [])).toBeNull();
  });

  test("REL-16 a part that is not known makes a sum unknown, of models as of processes", () => {
    const models = [
      { name: "x", usedMiB: 4000 },
      { name: "y", usedMiB: null },
    ];
    expect(estimateMiB(backendOf({ models }), [])).toBeNull();
    expect(estimateMiB(backendOf(), [gpu([process(9300, "a"), process(null, "a", 2)])])).toBeNull();
    // Another program's figure does not matter.
    expect(estimateMiB(backendOf(), [gpu([process(9300, "a"), process(null, "b", 2)])])).toBe(9000);
  });

  test("REL-16 a CUDA context stays in each process and on each GPU; one alone is nothing to come back", () => {
    expect(estimateMiB(backendOf(), [gpu([process(1300, "a")]), gpu([process(2300, "a")])])).toBe(3000);
    expect(estimateMiB(backendOf(), [gpu([process(200, "a")])])).toBe(0);
    expect(CONTEXT_MIB).toBe(600);
  });

  test("REL-16 where weights lie outside the allocator, the larger of the two figures counts", () => {
    const held = [gpu([process(20_300, "a")])];
    for (const kind of ["comfyui", "swarmui"]) {
      expect(estimateMiB(backendOf({ kind, allocator: reserved(3000) }), held)).toBe(20_000);
      expect(estimateMiB(backendOf({ kind, allocator: reserved(30_000) }), held)).toBe(30_000);
      expect(estimateMiB(backendOf({ kind, allocator: reserved(3000) }), [])).toBe(3000);
    }
    expect(estimateMiB(backendOf({ kind: "a1111", allocator: reserved(3000) }), held)).toBe(3000);
  });

  test("REL-16 it is unknown or a whole number that is not below nothing, whatever is said", () => {
    fc.assert(
      fc.property(backend, gpus, (one, machine) => {
        const estimate = estimateMiB(one, machine);
        if (estimate !== null) {
          expect(Number.isInteger(estimate)).toBe(true);
          expect(estimate).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("REL-16 the processes of others change nothing", () => {
    fc.assert(
      fc.property(backend, gpus, (one, machine) => {
        const without = machine.map(({ processes, ...rest }) => ({
          ...rest,
          processes: processes?.filter((held) => held.backend === one.id) ?? null,
        }));
        expect(estimateMiB(one, without)).toBe(estimateMiB(one, machine));
      }),
    );
  });
});

describe("several backends", () => {
  test("REL-16 their sum, unknown as soon as one is, and never more than is in use", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(backend, { selector: (one) => one.id, maxLength: 2 }),
        gpus,
        (several, machine) => {
          const each = several.map((one) => estimateMiB(one, machine));
          const total = totalEstimateMiB(several, machine);
          if (several.length === 0 || each.includes(null)) {
            expect(total).toBeNull();
            return;
          }
          const sum = each.reduce<number>((all, one) => all + (one ?? 0), 0);
          const used = machine.map(({ memoryUsedMiB }) => memoryUsedMiB);
          const known = used.length > 0 && !used.includes(null);
          const inUse = used.reduce<number>((all, one) => all + (one ?? 0), 0);
          expect(total).toBe(known ? Math.min(sum, inUse) : sum);
        },
      ),
    );
  });
});
