import { expect, test } from "vitest";
import { ask, connect } from "../helpers/release-rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";
import { startLlamaServer } from "./llama-server.ts";
import { backendOf, beside, CHILD_MIB, loadAgain, sampled } from "./processes.ts";
import { MODELS } from "./tiny-models.ts";

/** Long enough to be running when the release is asked for, and over some seconds later. */
const TOKENS = 2_500;

test.each(["auto", "after-current"] as const)(
  "REL-10 REL-11 %s: a stream ends whole before its model goes, and both models are counted",
  async (mode) => {
    const server = await startLlamaServer();
    await server.load(...MODELS);
    const rig = await beside("llamacpp", server);
    const panel = await connect(rig);
    await sampled(rig, 2);
    const stream = server.generate("alpha", TOKENS);
    await stream.begun;
    expect(await ask(panel, mode)).toMatchObject({ ok: true });
    await panel.releaseIn("waiting-for-job");
    expect(await server.statusOf("beta")).toBe("loaded");
    const release = await panel.releaseIn("done", "failed");
    expect(await stream.ended).toEqual({ tokens: TOKENS, stopped: "limit" });
    expect(release).toMatchObject({
      state: "done",
      freedMiB: 2 * CHILD_MIB,
      claim: { models: [...MODELS] },
      stillHeldBy: [],
    });
    expect(server.children()).toEqual([]);

    expect(await backendOf(rig)).toMatchObject({ canLoad: true, parked: false, models: [] });
    expect(await loadAgain(rig, "llamacpp")).toEqual([200, { id: "llamacpp" }]);
    expect(await Promise.all(MODELS.map(server.statusOf))).toEqual(["loaded", "loaded"]);
    expect(await backendOf(rig)).toMatchObject({ canLoad: false });
  },
);

test("REL-10 “now” ends what runs, as the question before it says", async () => {
  const server = await startLlamaServer();
  await server.load("alpha");
  const rig = await beside("llamacpp", server);
  const panel = await connect(rig);
  const stream = server.generate("alpha", 10 * TOKENS);
  await stream.begun;
  await sampled(rig, 1);
  await ask(panel, "now");
  expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: CHILD_MIB });
  expect((await stream.ended).tokens).toBeLessThan(10 * TOKENS);
});

test("REL-17 a sleeper goes to sleep while the panel watches, and what a release asks does not wake it", async () => {
  const server = await startLlamaServer({ flags: ["--sleep-idle-seconds", "2"] });
  await server.load("alpha");
  const rig = await beside("llamacpp", server);
  const panel = await connect(rig);
  await waitUntil(async () => (await server.statusOf("alpha")) === "sleeping", { what: "it to go to sleep" });
  await server.load("beta");
  await sampled(rig, 2);
  await ask(panel, "auto");
  expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: 2 * CHILD_MIB });
});

test("REL-9 a server with a single model says that it cannot unload it, and is not counted", async () => {
  const server = await startLlamaServer({ single: true });
  const rig = await beside("llamacpp", server);
  const panel = await connect(rig);
  await waitUntil(async () => (await backendOf(rig)).reachable, { what: "a status" });
  expect(await backendOf(rig)).toMatchObject({ problem: null, modes: [], models: [{}] });
  await ask(panel, "auto");
  expect(await panel.releaseIn("failed")).toMatchObject({
    estimateMiB: 0,
    problem: { code: "backend-single-model" },
  });
});
