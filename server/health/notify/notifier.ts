import { randomUUID } from "node:crypto";
import { isAtLeast } from "../../../shared/health/alert.ts";
import type { TestResult } from "../../../shared/health/past-alert.ts";
import type { NotifyOptions } from "../../config/health-options.ts";
import type { AlertNews } from "../alerts.ts";
import type { Channel } from "./channel.ts";
import { dingtalk } from "./channels/dingtalk.ts";
import { discord } from "./channels/discord.ts";
import { feishu } from "./channels/feishu.ts";
import { slack } from "./channels/slack.ts";
import { webhook } from "./channels/webhook.ts";
import { wecom } from "./channels/wecom.ts";
import { type Courier, type CourierOptions, createCourier } from "./courier.ts";

/** Tells the configured receivers of alerts: one message when one begins, one when it is over. */
export interface Notifier {
  publish(news: AlertNews): void;
  /** A message to each receiver, whatever its severity; waits for their answers. */
  test(): Promise<TestResult[]>;
  close(): void;
}

const CHANNELS: Readonly<Record<NotifyOptions["kind"], Channel>> = {
  webhook,
  slack,
  discord,
  feishu,
  dingtalk,
  wecom,
};

export interface NotifierOptions extends Omit<CourierOptions, "name" | "onTrouble"> {
  /** Told which receiver is not reached, by the name it has in complaints; `null`: all of them are. */
  onTrouble(receiver: string | null): void;
}

export function createNotifier(
  targets: readonly NotifyOptions[],
  host: string,
  options: NotifierOptions,
): Notifier {
  /** Receivers that messages do not reach. */
  const troubled = new Set<string>();
  function note(name: string, isThere: boolean) {
    if (isThere) troubled.add(name);
    else troubled.delete(name);
    options.onTrouble(troubled.values().next().value ?? null);
  }
  const receivers = targets.map((target, i): { target: NotifyOptions; courier: Courier } => {
    const name = `notify ${i + 1} (${target.kind})`;
    const onTrouble = (isThere: boolean) => note(name, isThere);
    return { target, courier: createCourier(target, CHANNELS[target.kind], { ...options, name, onTrouble }) };
  });
  return {
    publish({ kind, alert }) {
      for (const { target, courier } of receivers) {
        if (isAtLeast(alert.severity, target.minSeverity))
          courier.send({ kind, id: randomUUID(), alert, host });
      }
    },
    test: () =>
      Promise.all(
        receivers.map(async ({ target, courier }) => ({
          kind: target.kind,
          error: await courier.attempt({ kind: "test", id: randomUUID(), host }),
        })),
      ),
    close() {
      for (const { courier } of receivers) courier.close();
    },
  };
}
