import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { notifySchema } from "../../../../server/config/notify-options.ts";
import { textOf, toldJob } from "../../../../server/health/notify/message.ts";
import { createNotifier } from "../../../../server/health/notify/notifier.ts";
import { isQuiet } from "../../../../server/health/notify/quiet.ts";
import { shortened } from "../../../../server/health/notify/shortened.ts";
import { TIMINGS } from "../../../../server/timings.ts";
import type { PastAlert } from "../../../../shared/health/past-alert.ts";
import type { Job } from "../../../../shared/jobs/job.ts";
import {
  answerEmpty,
  type BackendServer,
  jsonOf,
  startBackendServer,
} from "../../../helpers/backend-server.ts";
import { waitUntil } from "../../../helpers/wait-until.ts";

const JOB: Job = {
  ...{ id: "3f2c91ab-0000-4000-8000-000000000000", label: "a secret prompt", profile: "wan2.2-i2v-a14b" },
  ...{ state: "running", gpus: [0, 1], gpuCount: 2, peakMiB: 14_000, backend: null, pid: 4_000_100 },
  ...{ phase: null, requestedBy: "10.0.0.7", requestedAt: 0, startedAt: 60_000, endedAt: null },
  ...{ expiresAt: 9e9, position: null, startsAt: null, endsAt: null },
};
const ALERT: PastAlert = {
  ...{ id: "alert-1", rule: "cpu-load", severity: "warning", since: 1_790_000_000_000 },
  ...{ message: "english", advice: "advice", params: { load: 20, cores: 4 }, acknowledged: false },
  ...{ mutedUntil: null, endedAt: null, acknowledgedBy: null },
};

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function receiving(...settings: object[]) {
  const receiver: BackendServer = await startBackendServer((response) => answerEmpty(response, 204));
  opened.push(receiver.close);
  // 12:00 by the clock of whatever zone the tests run in.
  let nowMs = new Date(2026, 10, 30, 12).getTime();
  const notifier = createNotifier(
    settings.map((one) => v.parse(notifySchema, { kind: "webhook", url: receiver.url, ...one })),
    "gpu-host",
    {
      complain() {},
      onTrouble() {},
      timings: { ...TIMINGS.notify, restMs: 1, quietLookMs: 10 },
      env: {},
      nowMs: () => nowMs,
    },
  );
  opened.push(notifier.close);
  const texts = () => receiver.calls.map((call) => (jsonOf(call) as { text: string }).text);
  const turnClockTo = (hour: number) => {
    nowMs = new Date(2026, 10, 30, hour).getTime();
  };
  return { notifier, receiver, texts, turnClockTo };
}

test("HLT-14 a job's end is told in both languages with its class, GPUs, time and peak, and without label or asker", () => {
  const ended = { ...JOB, state: "done" as const, endedAt: 780_000 };
  const job = toldJob(ended, 14_540, 1e9);
  const message = { kind: "job", id: "1", host: "gpu-host", event: "job-done", job } as const;
  expect(textOf(message, "en")).toBe(
    "Job done · gpu-host\nwan2.2-i2v-a14b, job 3f2c91ab on GPU 0, 1: ran 12 min, peak 14.2 GiB",
  );
  expect(textOf(message, "zh-CN")).toBe(
    "任务完成 · gpu-host\nwan2.2-i2v-a14b，任务 3f2c91ab，GPU 0，1：运行了 12 分钟，峰值 14.2 GiB",
  );
  const waits = { ...JOB, profile: null, state: "waiting" as const, gpus: [], startedAt: null };
  const waiting = { ...message, event: "job-waiting", job: toldJob(waits, null, 50_000) } as const;
  expect(textOf(waiting, "en")).toBe("Job still waits · gpu-host\nJob 3f2c91ab: has waited 50 s");
  expect(textOf(waiting, "zh-CN")).toBe("任务仍在等待 · gpu-host\n任务 3f2c91ab：已等待 50 秒");
  expect(JSON.stringify([message, waiting])).not.toMatch(/secret prompt|10\.0\.0\.7|4000100/);
});

test("HLT-14b a receiver is told of what it has asked for: failures and long waits of itself, what is done on request", async () => {
  const { notifier, texts } = await receiving({}, { events: ["job-done"], language: "zh-CN" });
  notifier.jobEnded("job-done", toldJob(JOB, null, 120_000));
  notifier.publish({ kind: "began", alert: ALERT });
  notifier.jobEnded("job-failed", toldJob(JOB, null, 120_000));
  notifier.jobEnded("job-out-of-memory", toldJob(JOB, null, 120_000));
  await waitUntil(() => texts().length === 4, { what: "four messages" });
  const begin = texts().map((text) => text.split(" · ")[0]);
  expect(begin.sort()).toEqual(["Job failed", "Job ran out of memory", "Warning", "任务完成"].sort());
});

test("HLT-14c a job that waits for too long is told once, and again only if it comes back", async () => {
  const { notifier, receiver, texts } = await receiving({ waitingMinutes: 10 });
  const waits: Job = { ...JOB, state: "waiting", gpus: [], startedAt: null };
  for (const minutes of [1, 9.9]) notifier.lookAt([waits], minutes * 60_000);
  for (const minutes of [10, 11, 12]) notifier.lookAt([waits, JOB], minutes * 60_000);
  notifier.jobEnded("job-failed", toldJob(JOB, null, 120_000));
  await waitUntil(() => texts().some((text) => text.startsWith("Job failed")), { what: "what came after" });
  expect(receiver.calls.map((call) => jsonOf(call))).toMatchObject([
    { event: "job.waiting", id: waits.id, seconds: 600, gpus: [] },
    { event: "job.failed" },
  ]);
});

test("HLT-14d in quiet hours only critical alerts are told, and afterwards how much there was of the rest", async () => {
  const { notifier, texts, turnClockTo } = await receiving({
    quietHours: "22:00-07:00",
    events: ["alerts", "job-done", "job-failed"],
  });
  turnClockTo(23);
  notifier.publish({ kind: "began", alert: ALERT });
  notifier.publish({ kind: "ended", alert: ALERT });
  notifier.jobEnded("job-done", toldJob(JOB, null, 120_000));
  notifier.jobEnded("job-done", toldJob(JOB, null, 120_000));
  notifier.jobEnded("job-failed", toldJob(JOB, null, 120_000));
  notifier.publish({ kind: "began", alert: { ...ALERT, severity: "critical" } });
  await waitUntil(() => texts().length === 1, { what: "the critical one" });
  expect(texts()[0]).toMatch(/^Critical · /);
  expect(await notifier.test()).toEqual([{ kind: "webhook", error: null }]);
  turnClockTo(7);
  await waitUntil(() => texts().length === 3, { what: "the sum" });
  expect(texts()[2]).toBe("Quiet hours are over · gpu-host\nMeanwhile: 2 done, 1 failed, alerts: 1.");
});

test("HLT-14d hours of quiet may go over midnight, and are by the machine's clock", () => {
  const at = (hour: number, minute = 0) => new Date(2026, 10, 30, hour, minute);
  expect([21, 22, 23, 0, 6, 7].map((hour) => isQuiet("22:00-07:00", at(hour)))).toEqual([
    ...[false, true, true, true, true, false],
  ]);
  expect(
    [at(12, 29), at(12, 30), at(13, 59), at(14)].map((moment) => isQuiet("12:30-14:00", moment)),
  ).toEqual([...[false, true, true, false]]);
  expect(isQuiet(undefined, at(3))).toBe(false);
});

test("a text is cut between two letters", () => {
  expect(shortened("显存显存", 7)).toBe("显存");
  expect(shortened("short", 7)).toBe("short");
});
