import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const MODULE = fileURLToPath(new URL("../../../build/one-at-a-time.mjs", import.meta.url));

test("builds that begin at the same time run one after the other, also after one that was killed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-one-at-a-time-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [lock, log] = [join(folder, "cache", "building"), join(folder, "log")];
  const run = (before: string) =>
    new Promise((resolve) => {
      const script = `
        import { appendFileSync } from "node:fs";
        import { oneAtATime } from ${JSON.stringify(MODULE)};
        oneAtATime(${JSON.stringify(lock)}, () => {
          appendFileSync(${JSON.stringify(log)}, "begins\\n");
          ${before}
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
          appendFileSync(${JSON.stringify(log)}, "ends\\n");
        });`;
      spawn(process.execPath, ["--input-type=module", "-e", script]).once("exit", resolve);
    });
  await run('process.kill(process.pid, "SIGKILL");');
  expect(existsSync(lock)).toBe(true);
  await run("process.exit(1);");
  expect(existsSync(lock)).toBe(false);
  writeFileSync(log, "");
  await Promise.all([run(""), run(""), run("")]);
  expect(readFileSync(log, "utf8")).toBe("begins\nends\n".repeat(3));
  expect(existsSync(lock)).toBe(false);
});
