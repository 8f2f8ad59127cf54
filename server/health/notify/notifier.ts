import { randomUUID } from "node:crypto";
import { isAtLeast } from "../../../shared/health/alert.ts";
import type { TestResult } from "../../../shared/health/past-alert.ts";
import type { Job } from "../../../shared/jobs/job.ts";
import type { JobEvent, NotifyOptions, PostOptions } from "../../config/notify-options.ts";
import { wallMs } from "../../lib/clock.ts";
import type { AlertNews } from "../alerts.ts";
import type { Channel } from "./channel.ts";
import { dingtalk } from "./channels/dingtalk.ts";
import { discord } from "./channels/discord.ts";
import { feishu } from "./channels/feishu.ts";
import { ntfy } from "./channels/ntfy.ts";
import { slack } from "./channels/slack.ts";
import { telegram } from "./channels/telegram.ts";
import { webhook } from "./channels/webhook.ts";
import { wecom } from "./channels/wecom.ts";
import { type CourierOptions, createCourier } from "./courier.ts";
import { byCommand, byPost } from "./delivery.ts";
import { type ToldJob, toldJob } from "./message.ts";
import { createReceiver, type Receiver } from "./receiver.ts";

/** Tells the configured receivers of alerts, one message when one begins and one when it is over, and of jobs. */
export interface Notifier {
  publish(news: AlertNews): void;
  jobEnded(event: Exclude<JobEvent, "job-waiting">, job: ToldJob): void;
  /** Tells once of each job that has waited for too long. @param nowMs by the clock of the jobs' times */
  lookAt(jobs: readonly Job[], nowMs: number): void;
  /** A message to each receiver, whatever its severity; waits for their answers. */
  test(): Promise<TestResult[]>;
  close(): void;
}

const CHANNELS: Readonly<Record<PostOptions["kind"], Channel>> = {
  webhook,
  slack,
  discord,
  feishu,
  dingtalk,
  wecom,
  ntfy,
  telegram,
};

export interface NotifierOptions extends Omit<CourierOptions, "name" | "onTrouble"> {
  /** Told which receiver is not reached, by the name it has in complaints; `null`: all of them are. */
  onTrouble(receiver: string | null): void;
  /** What the programs of `exec` get. */
  env: NodeJS.ProcessEnv;
  /** The time of day, by which quiet hours are meant. */
  nowMs?: () => number;
}

export function createNotifier(
  targets: readonly NotifyOptions[],
  host: string,
  { onTrouble, env, nowMs = wallMs, ...options }: NotifierOptions,
): Notifier {
  /** Receivers that messages do not reach. */
  const troubled = new Set<string>();
  function note(name: string, isThere: boolean) {
    if (isThere) troubled.add(name);
    else troubled.delete(name);
    onTrouble(troubled.values().next().value ?? null);
  }
  const receivers = targets.map((target, i): { target: NotifyOptions; receiver: Receiver } => {
    const name = `notify ${i + 1} (${target.kind})`;
    const deliver = target.kind === "exec" ? byCommand(target, env) : byPost(target, CHANNELS[target.kind]);
    const courier = createCourier(deliver, {
      ...options,
      name,
      onTrouble: (isThere) => note(name, isThere),
    });
    return { target, receiver: createReceiver(target.quietHours, host, courier, nowMs, options.timings) };
  });
  /** By receiver: jobs that it was told of while they wait. */
  const toldOf = new Map<Receiver, ReadonlySet<string>>();

  return {
    publish({ kind, alert }) {
      for (const { target, receiver } of receivers) {
        if (!target.events.includes("alerts") || !isAtLeast(alert.severity, target.minSeverity)) continue;
        const isUrgent = alert.severity === "critical";
        // An end is no news of its own.
        receiver.send({ kind, id: randomUUID(), alert, host }, isUrgent, kind === "began" ? "alerts" : null);
      }
    },
    jobEnded(event, job) {
      for (const { target, receiver } of receivers) {
        if (target.events.includes(event))
          receiver.send({ kind: "job", id: randomUUID(), host, event, job }, false, event);
      }
    },
    lookAt(jobs, at) {
      const waiting = jobs.filter(({ state }) => state === "waiting");
      for (const { target, receiver } of receivers) {
        if (!target.events.includes("job-waiting")) continue;
        const before = toldOf.get(receiver);
        const long = waiting.filter(({ requestedAt }) => at - requestedAt >= target.waitingMinutes * 60_000);
        for (const job of long.filter(({ id }) => before?.has(id) !== true)) {
          const told = toldJob(job, null, at);
          receiver.send(
            { kind: "job", id: randomUUID(), host, event: "job-waiting", job: told },
            false,
            "job-waiting",
          );
        }
        toldOf.set(receiver, new Set(long.map(({ id }) => id)));
      }
    },
    test: () =>
      Promise.all(
        receivers.map(async ({ target, receiver }) => ({
          kind: target.kind,
          error: await receiver.attempt({ kind: "test", id: randomUUID(), host }),
        })),
      ),
    close() {
      for (const { receiver } of receivers) receiver.close();
    },
  };
}
