import { expect, test } from "vitest";
import { awayOf } from "../../../../server/jobs/gave-way.ts";

const T0 = 1_000_000;
const job = (startedAt: number | null, endedAt: number | null, more: object = {}) => ({
  job: { backend: "comfyui", pid: 7, requestedAt: startedAt ?? T0, startedAt, endedAt, ...more },
});

test("HND-10c a backend is away from when its job gave way until its rest runs, ten minutes at most", () => {
  const first = { ...job(T0 - 60_000, T0), gaveWay: true };
  const away = (more: readonly ReturnType<typeof job>[], seconds = 30) => [
    ...awayOf([first, ...more], T0 + seconds * 1000),
  ];
  expect(away([])).toEqual(["comfyui"]);
  expect(away([job(T0 - 90_000, T0 - 70_000)])).toEqual(["comfyui"]);
  expect(away([job(null, null, { requestedAt: T0 + 20_000 })])).toEqual(["comfyui"]);
  expect(away([job(T0 + 20_000, null, { pid: 8 })])).toEqual(["comfyui"]);
  expect(away([job(T0 + 20_000, null)])).toEqual([]);
  expect(away([job(T0 + 10_000, T0 + 20_000)])).toEqual([]);
  expect(away([], 601)).toEqual([]);
  expect([...awayOf([job(T0 - 60_000, T0)], T0)]).toEqual([]);
});
