import { expect, test } from "vitest";
import { startHandover } from "../helpers/handover-rig.ts";
import { idOf, type JobAnswer, type JobsClient } from "../helpers/jobs-client.ts";
import { CARD } from "../helpers/shared-card.ts";
import { waitUntil } from "../helpers/wait-until.ts";

/** The shortest that can be set, and five times faster in tests. */
const QUICK = { home: "llm", homeAfterSeconds: 10, minTurnSeconds: 10 };
/** Long enough for whatever the sidecar has to see meanwhile. */
const LONG_MS = 120_000;

const started = (jobs: JobsClient, answer: JobAnswer) =>
  waitUntil(async () => (await jobs.show(idOf(answer))).job?.state === "running", {
    ...{ what: "the job to start", timeoutMs: LONG_MS },
  });

test(
  "HND-3 HND-5 HND-12 the model leaves for a render, comes back when the card is quiet, and each act is kept with MiB and seconds",
  async () => {
    const { render, llm, card, acts, handover } = await startHandover(QUICK, {
      llm: { modelMiB: 14_000, loaded: true },
      // So long that a machine that does much else has made room by then.
      render: { modelMiB: 18_000, loadMs: 15_000 },
    });
    await waitUntil(async () => (await handover()).home === "llm", { what: "the hand-over to be told" });
    expect(await render.job(1000)).toBe(true);
    await waitUntil(() => llm.heldMiB() === 14_000 && render.heldMiB() === 0, {
      what: "the model to come back",
      timeoutMs: LONG_MS,
    });
    await waitUntil(async () => (await acts()).length === 3, { what: "three acts", timeoutMs: LONG_MS });
    expect(await acts()).toMatchObject([
      {
        state: "done",
        requestedBy: "hand-over",
        forWhom: "render",
        parts: [{ backend: "llm" }],
      },
      { state: "done", freedMiB: 18_000, forWhom: "llm", parts: [{ backend: "render" }] },
      { state: "done", did: "load", freedMiB: -14_000, parts: [{ backend: "llm" }] },
    ]);
    for (const { startedAt, finishedAt } of await acts())
      expect(finishedAt).toBeGreaterThanOrEqual(startedAt);
    expect(card.overflows()).toBe(0);
  },
  LONG_MS,
);

test(
  "HND-1 HND-8 HND-13 for a waiting job it is announced who leaves, “not now” puts it off, and the job starts after a sample that shows the room",
  async () => {
    const { rig, llm, jobs, handover, post, acts } = await startHandover({ releaseOnRequest: ["llm"] });
    const waits = await jobs.ask({ peakMiB: 18_000, label: "clip", ttlSeconds: 600 });
    expect(waits.status).toBe(202);
    const announced = await waitUntil(async () => (await handover()).next, {
      what: "an announcement",
      timeoutMs: LONG_MS,
    });
    expect(announced).toMatchObject({ do: "release", backend: "llm", reason: "job", forWhom: "clip" });
    expect(await post("backends/llm/postpone")).toEqual({ status: 200, body: { id: "llm" } });
    expect(await post("backends/render/postpone")).toMatchObject({
      status: 409,
      body: { code: "not-announced" },
    });
    expect(await acts()).toEqual([]);
    expect(llm.heldMiB()).toBe(14_000);
    await rig.restart();
    await started(jobs, waits);
    // The job may start by a sample before the release has measured to its end.
    await waitUntil(async () => (await acts()).length === 1, { what: "the record", timeoutMs: LONG_MS });
    expect(await acts()).toMatchObject([{ freedMiB: 14_000, forWhom: "clip" }]);
    expect(llm.heldMiB()).toBe(0);
  },
  LONG_MS,
);

test(
  "HND-20 HND-21 the card is held once what runs has ended, nobody is let in meanwhile and is told why, and it is given back",
  async () => {
    const { render, jobs, post, handover } = await startHandover({}, { llm: { modelMiB: 2000 } });
    const runs = render.job(4000);
    await waitUntil(() => render.heldMiB() > 0, { what: "a render" });
    expect(await post("hold")).toMatchObject({ status: 200 });
    expect(await handover()).toMatchObject({ hold: { by: "127.0.0.1", active: false } });
    expect(await runs).toBe(true);
    await waitUntil(async () => (await handover()).hold?.active, { what: "the hold", timeoutMs: LONG_MS });
    const waits = await jobs.ask({ peakMiB: 1000, label: "clip", ttlSeconds: 600 });
    expect(waits).toMatchObject({ status: 202, job: { reason: { code: "card-held" } } });
    expect(await jobs.ask({ peakMiB: 1000, wait: false })).toMatchObject({ status: 409, code: "card-held" });
    expect(await post("hold", "DELETE")).toMatchObject({ status: 200, body: { hold: null } });
    await started(jobs, waits);
  },
  LONG_MS,
);

test(
  "HND-10 a renderer that waits in mid-job for a model that waits for its room is not left waiting",
  async () => {
    const { render, jobs, processes } = await startHandover(QUICK, { llm: { modelMiB: 14_000 } });
    let ended = false;
    void render.job(60_000).then(
      () => {
        ended = true;
      },
      () => {},
    );
    await waitUntil(() => render.heldMiB() === 18_000, { what: "a render" });
    await waitUntil(async () => (await processes()).some(({ usedMiB }) => usedMiB === 18_000), {
      what: "the render to be listed",
    });
    const asks = await jobs.ask({
      ...{ peakMiB: 14_000, backend: "llm", pid: render.pid, label: "caption", ttlSeconds: 600 },
    });
    expect(asks.status).toBe(202);
    await started(jobs, asks);
    expect(ended).toBe(false);
  },
  LONG_MS,
);

test(
  "HND-40 HND-40b what the panel sets goes before the config file, at once and after a restart, until it is as the file has it",
  async () => {
    const file = {
      ...{ home: null, homeAfterSeconds: 120, minTurnSeconds: 30 },
      ...{ idleReleaseMinutes: { render: 5 }, holdAboveC: null },
    };
    const { rig, post, handover } = await startHandover({
      ...{ minTurnSeconds: 30, idleReleaseMinutes: { render: 5 } },
    });
    const homes = ["llm", "render"];
    const setup = () => post("handover", "GET");
    expect(await setup()).toEqual({ status: 200, body: { now: file, file, homes } });

    const change = { minTurnSeconds: 600, idleReleaseMinutes: { llm: 1, render: null }, holdAboveC: 80 };
    const now = { ...file, minTurnSeconds: 600, idleReleaseMinutes: { llm: 1 }, holdAboveC: 80 };
    expect(await post("handover", "PATCH", change)).toEqual({ status: 200, body: { now, file, homes } });
    await waitUntil(async () => (await handover()).next?.reason === "idle", {
      ...{ what: "the model's leave to be announced", timeoutMs: LONG_MS },
    });
    for (const [refused, status, code] of [
      [{ home: "nobody" }, 404, "unknown-backend"],
      [{ idleReleaseMinutes: { nobody: 3 } }, 404, "unknown-backend"],
      [{ minTurnSeconds: 9 }, 400, "bad-request"],
      [{ holdAboveC: "80" }, 400, "bad-request"],
      [{ releaseOnRequest: [] }, 400, "bad-request"],
    ] as const)
      expect(await post("handover", "PATCH", refused)).toMatchObject({ status, body: { code } });

    await rig.restart();
    expect(await setup()).toEqual({ status: 200, body: { now, file, homes } });
    const back = { ...file, idleReleaseMinutes: { llm: null, render: 5 } };
    expect(await post("handover", "PATCH", back)).toEqual({ status: 200, body: { now: file, file, homes } });
    await waitUntil(async () => (await handover()).next?.backend !== "llm", { what: "it to be taken back" });
    expect(await post("handover", "PATCH", { home: "llm" })).toMatchObject({ status: 200 });
    expect((await handover()).home).toBe("llm");
  },
  LONG_MS,
);

test(
  "HND-10c for a backend whose job gave way no room is kept, though it says that it is busy",
  async () => {
    const { rig, render, jobs, processes } = await startHandover(
      {},
      { llm: { modelMiB: 100 }, render: { modelMiB: 500, loaded: true } },
    );
    async function shows(used_memory: number) {
      const one = { gpu_uuid: CARD.uuid, pid: render.pid, process_name: "render", used_memory };
      rig.fake.set({ gpus: [{ ...CARD, "memory.used": 700 + used_memory }], processes: [one] });
      await waitUntil(async () => (await processes()).some(({ usedMiB }) => usedMiB === used_memory), {
        what: `${used_memory} MiB to be listed`,
      });
    }
    const working = render.job(LONG_MS).catch(() => false);
    const rendering = { label: "render", peakMiB: 18_000, pid: render.pid, backend: "render" };
    const first = await jobs.ask({ ...rendering, started: true });
    await shows(18_000);
    await shows(500);
    const model = await jobs.ask({ label: "model", peakMiB: 14_000 });
    expect(model.job?.state).toBe("waiting");
    await jobs.end(idOf(first), { gaveWay: true });
    await started(jobs, model);
    // Its rest waits for the one that it gave way to.
    const rest = await jobs.ask(rendering);
    expect(rest.job?.state).toBe("waiting");
    await jobs.end(idOf(model));
    await started(jobs, rest);
    await render.close();
    await working;
  },
  LONG_MS,
);
