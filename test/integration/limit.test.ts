import { expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf } from "../helpers/jobs-client.ts";
import { ROOM, startJobs } from "../helpers/jobs-rig.ts";

test("CAP-37b who waits for another limit is told when it changes, and that it has not by 304 without a body", async () => {
  const { rig, jobs } = await startJobs({
    own: false,
    script: { gpus: [fakeGpu(0)] },
    hookStatus: () => ({ busy: false }),
  });
  const ask = (query: string, etag?: string) =>
    fetch(
      `${rig.sidecar.url}api/v1/limit?backend=${query}`,
      etag === undefined ? {} : { headers: { "if-none-match": etag } },
    );
  const first = await ask("http");
  const { backend, limit } = await first.json();
  expect([backend, limit > 0, first.headers.get("etag")]).toEqual(["http", true, `"${limit}"`]);
  const same = await ask("http", `"${limit}"`);
  expect([same.status, await same.text()]).toEqual([304, ""]);
  const weak = await ask("http&wait=1", `W/"${limit}"`);
  expect(weak.status).toBe(304);

  const held = ask("http&wait=30", `"${limit}"`);
  const full = idOf(await jobs.ask({ peakMiB: ROOM, pid: 4_000_100 }));
  const told = await held;
  expect([told.status, await told.json()]).toEqual([200, { backend: "http", limit: 0 }]);
  const back = ask("http&wait=30", '"0"');
  await jobs.end(full);
  expect((await (await back).json()).limit).toBeGreaterThan(0);
  for (const wrong of ["", "http&wait=31", "http&more=1"]) expect((await ask(wrong)).status).toBe(400);
  expect((await ask("none")).status).toBe(404);
});
