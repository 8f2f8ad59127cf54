import { describe, expect, onTestFinished, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { RIG_INTERVAL_MS, type Rig, type RigOptions, startRig } from "../helpers/rig.ts";
import { SCALED, TIME_SCALE } from "../helpers/sidecar.ts";
import { answerJson } from "../helpers/unload-hook.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const TWO_GPUS = [
  fakeGpu(0, { "memory.used": 20_123, "memory.total": 24_564 }),
  fakeGpu(1, { "memory.used": 15_001, "memory.total": 24_564 }),
];
const HOLDER = {
  gpu_uuid: String(fakeGpu(0).uuid),
  pid: 777,
  process_name: "/opt/venv/bin/python",
  used_memory: 812,
};

async function startLive(options: RigOptions): Promise<Rig> {
  const rig = await startRig({ script: { gpus: TWO_GPUS, processes: [HOLDER] }, ...options });
  onTestFinished(() => rig.close());
  return rig;
}

/** Waits for a first sample and asks for a release, as the panel's button does. */
async function press(running: Rig, requestId = "r1") {
  const panel = running.connect();
  await panel.hello();
  await waitUntil(() => panel.samples.length > 0, { what: "a sample" });
  const { bootId } = await panel.hello();
  const reply = await panel.socket.emitWithAck("release", { requestId, bootId, mode: "auto" });
  return { panel, bootId, reply };
}

describe("a backend that does what it says", () => {
  test("REL-1 the freed figure equals what the samples show, to the MiB, GPU by GPU", async () => {
    const running = await startLive({
      // A busy machine may have no sample that shows that it has settled within a fifth of the time.
      env: { [TIME_SCALE]: "1" },
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 1_337 });
        fake.setGpu(1, { "memory.used": 14_990 });
        answerJson(response, 200, { freed_mib: 1, models: ["wan2.2"] });
      },
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({
      state: "done",
      freedMiB: 20_123 - 1_337 + 11,
      unsettled: false,
      problem: null,
      claim: { freedMiB: 1, models: ["wan2.2"] },
      gpus: [
        { index: 0, beforeMiB: 20_123, afterMiB: 1_337, freedMiB: 18_786 },
        { index: 1, beforeMiB: 15_001, afterMiB: 14_990, freedMiB: 11 },
      ],
      stillHeldBy: [{ gpu: 0, pid: 777, name: "/opt/venv/bin/python", usedMiB: 812 }],
    });
    const phases = panel.releases.map(({ state }) => state);
    expect(phases.filter((state, i) => state !== phases[i - 1])).toEqual(["calling", "verifying", "done"]);
    expect(running.hook.calls).toHaveLength(1);
    expect(JSON.parse(running.hook.calls[0]?.body ?? "")).toEqual({ action: "unload", mode: "auto" });
    const { id } = release;
    const shown = await (await fetch(`${running.sidecar.url}api/v1/release/${id}`)).json();
    expect(shown).toEqual(release);
  });

  test("REL-1 VRAM that falls in steps and late is measured once it has settled", async () => {
    let step = 0;
    const running = await startLive({
      // What has settled is to be longer than a step takes on a busy machine.
      env: { [TIME_SCALE]: "1" },
      hook: (fake) => (response) => {
        response.writeHead(200).end();
        // Each step comes when the sidecar has seen the one before: one model after the other.
        const timer = setInterval(() => {
          step++;
          fake.setGpu(0, { "memory.used": 20_123 - step * 4000 });
          if (step === 4) clearInterval(timer);
        }, 700);
      },
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({ state: "done", freedMiB: 16_000, unsettled: false });
  });

  test("REL-4 REL-4b a second demand joins the first, and a demand that arrives twice is one", async () => {
    let unload = () => {};
    const running = await startLive({
      hookTimeoutMs: 60_000,
      hook: (fake) => (response) => {
        unload = () => {
          fake.setGpu(0, { "memory.used": 2_000 });
          response.writeHead(204).end();
        };
      },
    });
    const { panel, bootId, reply } = await press(running, "same");
    await waitUntil(() => running.hook.calls.length === 1, { what: "the call, which is not answered yet" });
    const again = await panel.socket.emitWithAck("release", { requestId: "same", bootId, mode: "auto" });
    const other = await panel.socket.emitWithAck("release", { requestId: "other", bootId, mode: "now" });
    const posted = await fetch(`${running.sidecar.url}api/v1/release`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    expect(posted.status).toBe(202);
    expect([again, other, { ok: true, data: await posted.json() }]).toEqual([reply, reply, reply]);
    unload();
    await panel.releaseIn("done");
    const late = await panel.socket.emitWithAck("release", { requestId: "same", bootId, mode: "auto" });
    expect(late).toEqual(reply);
    expect(running.hook.calls).toHaveLength(1);
  });

  test("REL-8 a panel that joins in the middle sees the release, and all see its end", async () => {
    // It takes as long to measure as the second panel takes to come: nothing falls before.
    const running = await startLive({ settings: { releasePatience: 60_000 } });
    const { panel } = await press(running);
    await panel.releaseIn("verifying");
    const second = running.connect();
    expect((await second.hello()).state.release.state).toBe("verifying");
    running.fake.setGpu(0, { "memory.used": 2_000 });
    const [seen, alsoSeen] = await Promise.all([panel.releaseIn("done"), second.releaseIn("done")]);
    expect(alsoSeen).toEqual(seen);
  });

  test("REL-1 REL-1b SMP-10 a release is measured from a fresh sample and at the fast rate although nobody watches", async () => {
    let unload = () => {};
    const running = await startLive({
      hookTimeoutMs: 60_000,
      hook: (fake) => (response) => {
        unload = () => {
          fake.setGpu(0, { "memory.used": 2_123 });
          response.writeHead(204).end();
        };
      },
    });
    const state = async () => (await (await fetch(`${running.sidecar.url}api/v1/state`)).json()).state;
    const isIdle = async () => {
      const { status, intervalMs } = (await state()).source;
      return status === "live" && intervalMs === SCALED.sampling.idleIntervalMs;
    };
    await waitUntil(isIdle, { what: "rare samples" });
    // One that does not know of what follows is on its way when the release begins.
    running.fake.set({ holdRows: true });
    await waitUntil(running.fake.hasHeld, { what: "a row that was measured and not read" });
    running.fake.set({ processes: [{ ...HOLDER, used_memory: 813 }] });
    running.fake.setGpu(0, { "memory.used": 19_123 });
    const posted = await fetch(`${running.sidecar.url}api/v1/release`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ mode: "now" }),
    });
    expect(posted.status).toBe(202);
    const listed = async () => (await state()).gpus[0].processes?.[0]?.usedMiB === 813;
    await waitUntil(listed, { what: "a list of now, after which the release waits for a sample" });
    running.fake.set({ holdRows: false });
    await waitUntil(() => running.hook.calls.length === 1, { what: "the call, which is not answered yet" });
    expect((await state()).source.intervalMs).toBe(RIG_INTERVAL_MS);
    unload();
    const { release } = await waitUntil(
      async () => ((await state()).release.state === "done" ? state() : null),
      {
        timeoutMs: 60_000,
        what: "the release to end",
      },
    );
    expect(release.freedMiB).toBe(17_000);
    await waitUntil(async () => (await state()).source.intervalMs === SCALED.sampling.idleIntervalMs, {
      what: "the slow rate again",
    });
  });
});

describe("a backend that does not", () => {
  test("REL-2 one that says yes and frees nothing is reported so, whatever it claims", async () => {
    const running = await startLive({
      hook: () => (response) => answerJson(response, 200, { freed_mib: 18_000 }),
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({
      state: "failed",
      freedMiB: 0,
      problem: { code: "nothing-freed" },
      claim: { freedMiB: 18_000 },
    });
    expect(release.stillHeldBy.map(({ pid }) => pid)).toEqual([777]);
  });

  test("REL-2 VRAM that grows meanwhile is told as growth", async () => {
    const running = await startLive({
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 21_123 });
        response.writeHead(204).end();
      },
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({
      state: "failed",
      freedMiB: -1000,
      problem: { code: "vram-grew", params: { mib: 1000 } },
    });
  });

  const failures: [string, string, NonNullable<RigOptions["hook"]>][] = [
    [
      "answers 500",
      "backend-status",
      () => (response) => answerJson(response, 500, { error: "out of memory" }),
    ],
    [
      "redirects",
      "backend-redirect",
      () => (response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
    ],
    ["resets the connection", "backend-broken-answer", () => (response) => response.destroy()],
  ];
  test.each(failures)("REL-3 one that %s: %s", async (_, code, hook) => {
    const running = await startLive({ hook });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({ state: "failed", freedMiB: 0, problem: { code } });
    expect(running.hook.calls).toHaveLength(1);
  });

  test("REL-3 one that hangs is given up after its time limit, and what it freed all the same is measured", async () => {
    const running = await startLive({
      hook: (fake) => () => fake.setGpu(0, { "memory.used": 10_123 }),
      hookTimeoutMs: 1000,
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({
      state: "failed",
      freedMiB: 10_000,
      problem: { code: "backend-timeout" },
    });
  });

  test("REL-3 one that is down is not waited for", async () => {
    const running = await startLive({});
    await running.hook.close();
    const { panel } = await press(running);
    const release = await panel.releaseIn("failed");
    expect(release).toMatchObject({ freedMiB: null, problem: { code: "backend-unreachable" } });
    expect(release.problem?.message).toContain("ECONNREFUSED");
    expect(JSON.stringify(release)).not.toContain(running.hook.url);
  });

  test("REL-3 an endless answer and half an answer are still a yes, and the sidecar lives", async () => {
    const running = await startLive({
      hook: (fake) => (response) => {
        fake.setGpu(0, { "memory.used": 123 });
        response.writeHead(200, { "content-type": "application/json" });
        response.write("x".repeat(1024 * 1024));
      },
      hookTimeoutMs: 2000,
    });
    const { panel } = await press(running);
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "done",
      freedMiB: 20_000,
      claim: null,
    });
  });

  test("REL-6 without VRAM figures a release is not measured, which is not nothing", async () => {
    const running = await startLive({
      script: { gpus: [fakeGpu(0, { "memory.used": "[N/A]", "memory.total": "[N/A]" })] },
    });
    const { panel } = await press(running);
    const release = await panel.releaseIn("done", "failed");
    expect(release).toMatchObject({ state: "done", freedMiB: null, problem: { code: "not-measured" } });
  });
});

describe("a demand that cannot be taken", () => {
  test("REL-5 one for another run of the sidecar is refused, and the backend is not called", async () => {
    const running = await startLive({});
    const panel = running.connect();
    await panel.hello();
    const reply = await panel.socket.emitWithAck("release", {
      requestId: "x",
      bootId: "an earlier run",
      mode: "auto",
    });
    expect(reply).toMatchObject({ ok: false, code: "sidecar-restarted" });
    expect(running.hook.calls).toHaveLength(0);
  });

  test("REL-5 without a backend, with an unknown one or an impossible mode: each refusal names its reason", async () => {
    const running = await startLive({});
    const { bootId } = await running.connect().hello();
    const panel = running.connect();
    await panel.hello();
    const ask = (more: object) => panel.socket.emitWithAck("release", { requestId: "x", bootId, ...more });
    expect(await ask({ mode: "interrupt" })).toMatchObject({ ok: false, code: "mode-unsupported" });
    expect(await ask({ mode: "auto", backend: "other" })).toMatchObject({
      ok: false,
      code: "unknown-backend",
    });
    expect(running.hook.calls).toHaveLength(0);
    expect(panel.releases).toHaveLength(0);
  });
});
