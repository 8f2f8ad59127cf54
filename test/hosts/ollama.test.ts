import { describe, expect, test } from "vitest";
import { ask, connect } from "../helpers/release-rig.ts";
import { findOllama, startOllama } from "./ollama-server.ts";
import { backendOf, beside, CHILD_MIB, loadAgain } from "./processes.ts";

const ollama = findOllama();
if (ollama === null) {
  process.stdout.write(
    "There is no ollama on PATH and none in OLLAMA_PATH: what Ollama does is tested with its stand-in alone.\n",
  );
}
const TOKENS = 100;

describe.skipIf(ollama === null)("a real Ollama", () => {
  test("REL-20c its generation ends whole, then its model goes and comes back with its context", async () => {
    const server = await startOllama(ollama ?? "");
    const options = { num_ctx: 8192, num_predict: TOKENS, num_thread: 1, temperature: 0 };
    await server.post("/api/generate", { model: "alpha", options, keep_alive: -1 });
    const rig = await beside("ollama", server);
    const panel = await connect(rig);
    const stream = await server.post("/api/generate", {
      model: "alpha",
      prompt: "word1",
      options,
      keep_alive: -1,
    });
    await ask(panel, "auto");
    expect((await panel.releaseIn("waiting-for-job")).waiting).toMatchObject({ asked: true });
    const lines = (await stream.text()).trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      done: true,
      done_reason: "length",
      eval_count: TOKENS,
    });
    expect(await panel.releaseIn("done", "failed")).toMatchObject({ state: "done", freedMiB: CHILD_MIB });
    expect(await server.loaded()).toEqual([]);

    expect(await backendOf(rig)).toMatchObject({ canLoad: true, models: [] });
    expect(await loadAgain(rig, "ollama")).toEqual([200, { id: "ollama" }]);
    expect(await server.loaded()).toMatchObject([{ name: "alpha:latest", context_length: 8192 }]);
    const [again] = await server.loaded();
    expect(new Date(again?.expires_at ?? "").getFullYear()).toBeGreaterThan(2200);
  });

  test("REL-20d a model that was deleted while loaded goes by its other name, or by itself", async () => {
    const server = await startOllama(ollama ?? "");
    const rig = await beside("ollama", server);
    const panel = await connect(rig);
    for (const model of ["alpha", "beta"]) await server.post("/api/generate", { model, keep_alive: "7m" });
    await server.post("/api/copy", { source: "alpha", destination: "mine" });
    await server.remove("alpha");
    await server.remove("beta");
    await ask(panel, "auto");
    expect(await panel.releaseIn("done", "failed")).toMatchObject({
      state: "failed",
      freedMiB: CHILD_MIB,
      claim: { models: ["alpha:latest"] },
      problem: { code: "model-kept", params: { model: "beta:latest" } },
    });
    expect(await server.loaded()).toMatchObject([{ name: "beta:latest" }]);
  });
});
