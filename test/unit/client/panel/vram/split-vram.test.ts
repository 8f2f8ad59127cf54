import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PIECE_KINDS, type PieceKind, splitVram } from "../../../../../client/panel/vram/split-vram.ts";
import type { GpuProcess } from "../../../../../shared/gpu/gpu.ts";
import { UNKNOWN_PROMISE } from "../../../../../shared/protocol/state.ts";

const mib = fc.integer({ min: 0, max: 90_000 });
const figure = fc.option(mib);
const process = fc.record({ usedMiB: figure, backend: fc.option(fc.constant("comfyui")) }).map(
  ({ usedMiB, backend }): GpuProcess => ({
    pid: 1,
    name: null,
    usedMiB,
    ...(backend === null ? {} : { backend }),
  }),
);
const input = fc.record({
  gpu: fc.record({
    memoryTotalMiB: figure,
    memoryUsedMiB: figure,
    memoryFreeMiB: figure,
    processes: fc.option(fc.array(process, { maxLength: 5 })),
  }),
  known: fc.record({
    backendMiB: figure,
    tensorsMiB: figure,
    cacheMiB: figure,
    promisedMiB: figure,
    unified: fc.option(fc.record({ totalMiB: figure, freeMiB: figure })),
  }),
  reserveMiB: figure,
});

describe("the pieces of the bar", () => {
  test("PNL-20b no piece is negative, those that are known add up to the total, and unknown totals have none", () => {
    fc.assert(
      fc.property(input, (given) => {
        const { totalMiB, freeMiB } = given.known.unified ?? {
          totalMiB: given.gpu.memoryTotalMiB,
          freeMiB: given.gpu.memoryFreeMiB,
        };
        const split = splitVram(given);
        if (totalMiB === null || freeMiB === null) {
          expect(split).toBeNull();
          return;
        }
        expect(split?.pieces.map(({ kind }) => kind)).toEqual([...PIECE_KINDS]);
        let sum = 0;
        for (const piece of split?.pieces ?? []) {
          expect(piece.mib ?? 0).toBeGreaterThanOrEqual(0);
          sum += piece.mib ?? 0;
        }
        expect(sum).toBe(totalMiB);
      }),
    );
  });

  test("PNL-20c what is not known stays unknown, and is part of another piece", () => {
    fc.assert(
      fc.property(input, (given) => {
        const split = splitVram(given);
        const of = (kind: PieceKind) => split?.pieces.find((piece) => piece.kind === kind)?.mib;
        if (split === null) return;
        for (const kind of ["backend", "tensors", "cache", "promised"] as const)
          expect(of(kind) === null).toBe(given.known[`${kind}MiB`] === null);
        expect(of("reserve") === null).toBe(given.reserveMiB === null);
        expect(typeof of("others")).toBe("number");
      }),
    );
  });

  test("PNL-20b a two-humped job beside an LLM server and a backend: every figure where it belongs", () => {
    const split = splitVram({
      gpu: {
        memoryTotalMiB: 49_140,
        memoryUsedMiB: 28_540,
        memoryFreeMiB: 20_000,
        processes: [
          { pid: 1, name: "ollama", usedMiB: 6_000 },
          { pid: 2, name: "python", usedMiB: 18_600, backend: "comfyui" },
        ],
      },
      known: {
        ...UNKNOWN_PROMISE,
        backendMiB: 18_600,
        tensorsMiB: 17_000,
        cacheMiB: 1_000,
        promisedMiB: 15_000,
      },
      reserveMiB: 2_457,
    });
    expect(Object.fromEntries(split?.pieces.map(({ kind, mib }) => [kind, mib]) ?? [])).toEqual({
      others: 6_000,
      untold: 3_940,
      backend: 600,
      tensors: 17_000,
      cache: 1_000,
      promised: 15_000,
      reserve: 2_457,
      free: 2_543,
      driver: 600,
    });
    expect(split?.allocatorKnown).toBe(true);
  });
});
