import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { startLoop } from "../../server/sampling/nvidia-smi.ts";
import { runOnce } from "../../server/sampling/run-once.ts";
import { TIMINGS } from "../../server/timings.ts";
import { waitUntil } from "../helpers/wait-until.ts";

const isRunning = (pid: number) => existsSync(`/proc/${pid}`);
const never = new AbortController().signal;
const sh = (script: string) => ["/bin/sh", "-c", script];

test("SMP-14d a query's answer, its failure and the CPU time of each", async () => {
  const answered = await runOnce(
    sh("echo one; echo two >&2"),
    [],
    process.env,
    never,
    TIMINGS.patience.queryMs,
  );
  expect(answered).toMatchObject({ ok: true, output: "one\n" });
  expect(answered.cpuMs).toBeGreaterThan(0);
  const failed = await runOnce(sh("echo so; exit 9"), [], process.env, never, TIMINGS.patience.queryMs);
  expect(failed).toMatchObject({ ok: false, ending: { code: 9, lastWords: "so" } });
  const missing = await runOnce(["/nowhere/nvidia-smi"], [], process.env, never, TIMINGS.patience.queryMs);
  expect(missing).toMatchObject({ ok: false, ending: { code: 127 } });
  const killed = await runOnce(sh("kill -9 $$"), [], process.env, never, TIMINGS.patience.queryMs);
  expect(killed).toMatchObject({ ok: false, ending: { signal: "SIGKILL" } });
});

test("SMP-14e what cannot be started, or answers without end, has failed and nothing worse", async () => {
  // One variable of more than 128 KiB is refused by the system.
  const tooLarge = await runOnce(
    sh("true"),
    [],
    { ...process.env, LARGE: "x".repeat(200_000) },
    never,
    TIMINGS.patience.queryMs,
  );
  expect(tooLarge).toMatchObject({ ok: false, cpuMs: null });
  const endless = await runOnce(
    sh("while :; do echo 0123456789012345678901234567890123456789; done"),
    [],
    {},
    never,
    TIMINGS.patience.queryMs,
  );
  expect(endless).toMatchObject({ ok: false });
  const gone = await runOnce(sh("sleep 600"), [], process.env, AbortSignal.abort(), 1000);
  expect(gone).toMatchObject({ ok: false, ending: { lastWords: "aborted" } });
});

test("SMP-8 what a killed command has started itself goes with it", async () => {
  const lines: string[] = [];
  const loop = startLoop(sh("sleep 600 & echo $!; wait"), [], process.env, {
    onLine: (line) => lines.push(line),
    onEnd: () => {},
  });
  const pid = Number(await waitUntil(() => lines[0], { what: "the pid" }));
  await loop.kill();
  await waitUntil(() => !isRunning(pid), { what: "what it had started to be gone" });
});
