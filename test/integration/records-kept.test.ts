import { mkdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { type Rig, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

let rig: Rig | undefined;
afterEach(() => rig?.close());

const problemOf = async ({ sidecar }: Rig): Promise<string | undefined> =>
  (await (await fetch(`${sidecar.url}api/v1/state`)).json()).state.source.problem?.code;

test("REC-13 REC-13b a release, an alert and decisions that cannot be written are said, shown, and written when that works", async () => {
  const running = await startRig({
    script: { gpus: [fakeGpu(0), fakeGpu(1)] },
    settings: { historyInterval: 1000 },
  });
  rig = running;
  const files = ["releases.jsonl", "alerts.jsonl"].map((name) => join(running.fake.dir, "data", name));
  const panel = running.connect();
  const { bootId } = await panel.hello();
  await waitUntil(() => panel.samples.length > 0, { what: "samples" });
  // In their place lies what can be written by nobody, root included.
  const decisions = join(running.fake.dir, "data", "decisions.sqlite");
  rmSync(decisions);
  for (const file of [...files, decisions]) mkdirSync(file);
  running.fake.set({ gpus: [fakeGpu(0)] });
  await waitUntil(() => panel.alerts.some((list) => list.length > 0), { what: "the alert" });
  expect(await panel.socket.emitWithAck("release", { requestId: "one", bootId, mode: "now" })).toMatchObject({
    ok: true,
  });
  await panel.releaseIn("done", "failed");
  // A GPU that is lost is the graver problem, and one is shown.
  running.fake.set({ gpus: [fakeGpu(0), fakeGpu(1)] });
  for (const what of ["audit of releases", "record of alerts"])
    await waitUntil(() => running.sidecar.output().includes(`the ${what} cannot be written`), { what });
  await waitUntil(async () => (await problemOf(running)) === "data-not-kept", { what: "it in the panel" });
  for (const file of files) rmdirSync(file);
  for (const what of ["audit of releases", "record of alerts"])
    await waitUntil(() => running.sidecar.output().includes(`the ${what} is written`), { what });
  const text = files.map((file) => readFileSync(file, "utf8")).join("");
  expect(text).toContain('"mode":"now"');
  expect(text).toContain('"gpu-lost"');
  await waitUntil(() => running.sidecar.output().includes("the record of decisions cannot be written"), {
    what: "word of the decisions",
  });
  expect(await problemOf(running)).toBe("data-not-kept");
  rmdirSync(decisions);
  await waitUntil(async () => (await problemOf(running)) === undefined, { what: "it to go from the panel" });
  expect(running.sidecar.output().match(/the audit of releases cannot be written/g)).toHaveLength(1);
});
