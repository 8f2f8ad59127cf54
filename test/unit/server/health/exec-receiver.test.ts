import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterEach, describe, expect, test } from "vitest";
import { notifySchema } from "../../../../server/config/notify-options.ts";
import { FLAGS } from "../../../../server/config/options.ts";
import { createNotifier } from "../../../../server/health/notify/notifier.ts";
import { isRunning } from "../../../../server/lib/is-running.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { Job } from "../../../../shared/jobs/job.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";

const opened: (() => void)[] = [];
afterEach(() => {
  for (const close of opened.splice(0).reverse()) close();
});

/** A program of a few lines, and a file for what it writes. */
function program(lines: string) {
  const folder = mkdtempSync(join(tmpdir(), "gpu-panel-exec-"));
  opened.push(() => rmSync(folder, { recursive: true, force: true }));
  const out = join(folder, "out");
  const script = join(folder, "told.mjs");
  writeFileSync(script, `import fs from "node:fs";\nconst out = process.argv[2];\n${lines}\n`);
  const written = () => {
    try {
      return readFileSync(out, "utf8");
    } catch {
      return "";
    }
  };
  return { command: [process.execPath, script, out, "two words; $(id)"], written };
}

function notify(settings: object, env: NodeJS.ProcessEnv = {}) {
  const complaints: string[] = [];
  const troubles: (string | null)[] = [];
  const notifier = createNotifier([v.parse(notifySchema, { kind: "exec", ...settings })], "gpu-host", {
    complain: (message) => complaints.push(message),
    onTrouble: (receiver) => troubles.push(receiver),
    timings: { ...TIMINGS.notify, restMs: 1, firstRetryMs: 10, longestRetryMs: 20 },
    env: { ...env, PATH: process.env.PATH },
  });
  opened.push(notifier.close);
  return { notifier, complaints, troubles };
}

const JOB = { id: "job-1", profile: null, gpus: [0], seconds: 61, peakMiB: null };

describe("a program of the machine's owner", () => {
  test("HLT-15 gets the message as JSON on its stdin and its arguments as they are", async () => {
    const { command, written } = program(
      `const text = fs.readFileSync(0, "utf8");
       fs.writeFileSync(out, JSON.stringify([process.argv[3], JSON.parse(text), process.env.MINE]));`,
    );
    const { notifier, complaints } = notify({ command, language: "zh-CN" }, { MINE: "yes" });
    notifier.jobEnded("job-failed", JOB);
    const text = await waitUntil(() => written() || undefined, { what: "what it was told" });
    expect(JSON.parse(text)).toEqual([
      "two words; $(id)",
      {
        ...{ event: "job.failed", id: "job-1", host: "gpu-host", profile: null, gpus: [0] },
        ...{ seconds: 61, peakMiB: null, text: "任务失败 · gpu-host\n任务 job-1，GPU 0：运行了 61 秒" },
      },
      "yes",
    ]);
    expect(complaints).toEqual([]);
  });

  test("HLT-15b one that does not read what it is told is told all the same", async () => {
    const { command } = program("process.exit(0);");
    const { notifier } = notify({ command });
    // More than a pipe holds.
    const long: Job["id"] = "x".repeat(200_000);
    notifier.jobEnded("job-failed", { ...JOB, id: long });
    expect(await notifier.test()).toEqual([{ kind: "exec", error: null }]);
  });

  test("HLT-15c one that fails is said, and tried again until it has taken the message", async () => {
    const { command, written } = program(
      `fs.appendFileSync(out, "x");
       process.exit(fs.readFileSync(out, "utf8").length < 3 ? 1 : 0);`,
    );
    const { notifier, complaints, troubles } = notify({ command });
    notifier.jobEnded("job-out-of-memory", JOB);
    await waitUntil(() => written() === "xxx" && troubles.at(-1) === null, { what: "the third try" });
    expect(complaints).toEqual(["notify 1 (exec) cannot be reached (exit 1); it is tried again."]);
    expect(troubles).toEqual(["notify 1 (exec)", null]);
  });

  test("HLT-15c a program that is missing is said without its name", async () => {
    const { notifier, complaints } = notify({ command: ["/nowhere/secret-program", "secret-argument"] });
    expect(await notifier.test()).toEqual([{ kind: "exec", error: "ENOENT" }]);
    notifier.jobEnded("job-failed", JOB);
    await waitUntil(() => complaints.length > 0, { what: "a complaint" });
    expect(complaints).toEqual(["notify 1 (exec) cannot be reached (ENOENT); it is tried again."]);
  });

  test("HLT-15d one that takes too long is ended with all that it has started, and so is one that runs when the sidecar ends", async () => {
    const { command, written } = program(
      `import("node:child_process").then(({ spawn }) => {
         const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
         fs.appendFileSync(out, child.pid + " " + process.pid + " ");
       });
       setInterval(() => {}, 1000);`,
    );
    const pids = () => written().trim().split(" ").filter(Boolean).map(Number);
    const allGone = (list: readonly number[]) => list.length > 1 && !list.some((pid) => isRunning(pid));
    const { notifier } = notify({ command, timeoutMs: 4000 });
    expect(await notifier.test()).toEqual([{ kind: "exec", error: "no end within 4 s" }]);
    await waitUntil(() => allGone(pids()), { what: "both to be gone" });
    const asked = notifier.test();
    await waitUntil(() => pids().length === 4, { what: "two more" });
    notifier.close();
    expect(await asked).toMatchObject([{ error: expect.any(String) }]);
    await waitUntil(() => allGone(pids()), { what: "all four to be gone" });
  });
});

test("HLT-15e a program can be named in the config file alone: no flag and no variable sets receivers", () => {
  expect(FLAGS.filter(({ key }) => /notify|exec/.test(key))).toEqual([]);
});

test.each([
  [{ command: [] }, "a program and its arguments"],
  [{ command: [""] }, "a program and its arguments"],
  [{ command: "rm -rf /" }, "Invalid type"],
  [{ command: ["a\0b"] }, "text without a zero byte"],
  [{ command: ["a"], url: "http://a.example/" }, "Invalid key"],
])("HLT-7b a wrong command is refused: %j", (settings, message) => {
  const parsed = v.safeParse(notifySchema, { kind: "exec", ...settings });
  expect(parsed.issues?.[0].message).toContain(message);
});

test.each([
  [{ kind: "ntfy", url: "https://ntfy.sh/" }, "a topic at its end"],
  [{ kind: "telegram", chat: "1" }, "secret"],
  [{ kind: "telegram", secret: "1:a", chat: "my chat" }, "the id of a chat"],
  [{ kind: "slack", url: "https://a.example/", chat: "1" }, "Invalid key"],
  [{ kind: "slack", url: "https://a.example/", quietHours: "22-7" }, "such as 22:00-07:00"],
  [{ kind: "slack", url: "https://a.example/", quietHours: "07:00-07:00" }, "at two times"],
  [{ kind: "slack", url: "https://a.example/", events: ["everything"] }, "alerts, job-done"],
])("HLT-7b a wrong receiver is refused: %j", (settings, message) => {
  const parsed = v.safeParse(notifySchema, settings);
  expect(JSON.stringify(parsed.issues?.map((issue) => [issue.message, v.getDotPath(issue)]))).toContain(
    message,
  );
});
