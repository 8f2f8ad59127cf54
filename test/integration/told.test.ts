import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { answerEmpty, type BackendServer, jsonOf, startBackendServer } from "../helpers/backend-server.ts";
import { fakeGpu } from "../helpers/fake-nvidia-smi.ts";
import { idOf, jobsClient } from "../helpers/jobs-client.ts";
import { QUIET_HOST, startRig } from "../helpers/rig.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const PROMPT = "a fox runs through snow";

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function ownProgram() {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-told-"));
  opened.push(() => rmSync(folder, { recursive: true, force: true }));
  const [script, out] = [join(folder, "told.sh"), join(folder, "out")];
  writeFileSync(script, `#!/bin/sh\ncat >> "${out}"\nenv >> "${out}"\n`, { mode: 0o755 });
  const written = () => {
    try {
      return readFileSync(out, "utf8");
    } catch {
      return "";
    }
  };
  return { script, written };
}

test("HLT-14 HLT-14b HLT-15 jobs that wait, fail, run out of memory and are done are told by webhook and program, without label and token", async () => {
  const receiver: BackendServer = await startBackendServer((response) => answerEmpty(response, 204));
  opened.push(receiver.close);
  const { script, written } = ownProgram();
  const rig = await startRig({
    script: { gpus: [fakeGpu(0, { "memory.total": 24_564, "memory.used": 1000 })] },
    settings: {
      alerts: QUIET_HOST,
      notify: [
        { kind: "webhook", url: receiver.url, events: ["job-done", "job-failed", "job-out-of-memory"] },
        { kind: "exec", command: [script], events: ["job-waiting", "job-done"], waitingMinutes: 0.1 },
      ],
    },
    env: { GPU_PANEL_EXTRA: "not-for-others" },
  });
  opened.push(rig.close);
  const jobs = jobsClient(() => rig.sidecar.url);
  const run = async (peakMiB: number) => {
    const { job } = await jobs.show(idOf(await jobs.ask({ label: PROMPT, peakMiB })), 30);
    expect(job?.state).toBe("running");
    return job?.id ?? "";
  };
  const first = await run(14_000);
  const second = idOf(await jobs.ask({ label: PROMPT, peakMiB: 14_000 }));
  expect((await jobs.show(second)).job?.state).toBe("waiting");
  await waitUntil(() => written().includes("job.waiting"), { what: "the long wait", timeoutMs: 60_000 });
  await jobs.end(first, { outcome: "done", peakMiB: 13_500 });
  expect((await jobs.show(second, 30)).job?.state).toBe("running");
  await jobs.end(second, { outcome: "failed" });
  const third = await run(2000);
  await jobs.end(third, { outcome: "failed", oom: true });
  await waitUntil(() => receiver.calls.length >= 3, { what: "three ends", timeoutMs: 60_000 });
  expect(receiver.calls.map((call) => jsonOf(call))).toMatchObject([
    { event: "job.done", id: first, gpus: [0], peakMiB: 13_500 },
    { event: "job.failed", id: second, peakMiB: null },
    { event: "job.out-of-memory", id: third },
  ]);
  await waitUntil(() => written().includes("job.done"), { what: "the end, told to the program" });
  const all = written() + receiver.calls.map(({ body }) => body).join();
  expect(all).not.toContain(PROMPT);
  expect(all).not.toContain("GPU_PANEL_");
  const told = written()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  expect(told.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
    "job.waiting",
    "job.done",
  ]);
});
