import { randomUUID } from "node:crypto";
import { type Alert, RULES } from "../../shared/health/alert.ts";
import { alertsEn } from "../../shared/health/en.ts";
import type { AlertList, Mute, PastAlert } from "../../shared/health/past-alert.ts";
import { wordsOfAlert } from "../../shared/health/words.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { AlertLog, LoggedAlert } from "./alert-log.ts";
import { createCarried, type IndexOf, keyOf } from "./carried.ts";
import type { Changes, Finding } from "./evaluate.ts";
import { createMutes } from "./mutes.ts";
import { readLog } from "./read-log.ts";
import { timeText } from "./time-text.ts";

/** Something that people are told: an alert has begun, or it is over. */
export interface AlertNews {
  kind: "began" | "ended";
  alert: PastAlert;
}

/** The alerts of now and before: who has acknowledged them, and what is muted. */
export interface Alerts {
  /** Those of now, oldest first. */
  list(): Alert[];
  /** The above, those of before, and what is muted. */
  all(): AlertList;
  /** Takes in what one evaluation has changed. */
  apply(changes: Changes, nowMs: number, indexOf: (uuid: string) => number | undefined): void;
  acknowledge(id: string, by: string): Reply<{ id: string }>;
  /** Nobody is told of the rule's alerts for so many minutes; 0 ends that. */
  mute(rule: string, minutes: number): Reply<Mute>;
  /** A recording was moved: what was found is of another time. Nobody is told. */
  forget(): void;
  onChange(listener: (alerts: Alert[]) => void): () => void;
  onNews(listener: (news: AlertNews) => void): () => void;
}

const SHOWN_PAST = 200;

/**
 * @param nowMs epoch milliseconds of a clock that does not go back
 * @param carriedMs after a restart of the sidecar, what is found again within so long is the alert of before
 * @param wallOf the time of day of a moment of `nowMs`: what alerts are stamped with
 */
export function createAlerts(
  log: AlertLog,
  nowMs: () => number,
  carriedMs: number,
  wallOf: (ms: number) => number = (ms) => ms,
): Alerts {
  const changes = createEmitter<Alert[]>();
  const news = createEmitter<AlertNews>();
  const wallNow = () => wallOf(nowMs());
  const before = readLog(log);
  const mutes = createMutes(before.mutes, wallNow);
  const carried = createCarried(before.open, nowMs() + carriedMs);
  const active = new Map<string, LoggedAlert>();
  let past = before.past.slice(-SHOWN_PAST);

  const list = () => [...active.values()].map((alert) => plain(alert, mutes.until(alert.rule)));
  const changed = () => changes.emit(list());
  const keep = (alert: LoggedAlert) => {
    log.append({ alert });
    return alert;
  };

  function begin(finding: Finding, gpu: number | undefined) {
    const key = keyOfFinding(finding);
    const known = carried.take(key);
    const since = Math.round(known?.since ?? wallOf(finding.sinceMs));
    if (known !== undefined) {
      const { severity, params } = finding;
      active.set(key, { ...known, ...wordsIn(finding, since), severity, params });
      return;
    }
    const alert = keep(newAlert(finding, gpu, since, mutes.until(finding.rule) === null));
    active.set(key, alert);
    if (alert.told) news.emit({ kind: "began", alert: asPast(alert) });
  }

  function renew(finding: Finding) {
    const key = keyOfFinding(finding);
    const known = active.get(key);
    if (known === undefined) return;
    const { severity, params } = finding;
    active.set(key, keep({ ...known, ...wordsIn(finding, known.since), severity, params }));
  }

  function end(alert: LoggedAlert, endedAt: number) {
    const ended = keep({ ...alert, endedAt: Math.round(wallOf(endedAt)) });
    past = [...past, ended].slice(-SHOWN_PAST);
    if (ended.told) news.emit({ kind: "ended", alert: asPast(ended) });
  }

  function dropCarried(now: number, indexOf: IndexOf): boolean {
    const { over, lost } = carried.drop(now, active, indexOf);
    for (const [key, alert] of over) {
      active.delete(key);
      end(alert, now);
    }
    for (const [key, alert] of lost) active.set(key, alert);
    return over.length + lost.length > 0;
  }

  return {
    list,
    all: () => ({ alerts: list(), past: past.map(asPast).reverse(), mutes: mutes.list() }),
    apply({ began, renewed, ended }, now, indexOf) {
      for (const finding of ended) {
        const alert = active.get(keyOfFinding(finding));
        active.delete(keyOfFinding(finding));
        if (alert !== undefined) end(alert, now);
      }
      for (const finding of began) begin(finding, finding.gpu === null ? undefined : indexOf(finding.gpu));
      for (const finding of renewed) renew(finding);
      const aged = [dropCarried(now, indexOf), mutes.dropOver()].includes(true);
      if (aged || began.length + renewed.length + ended.length > 0) changed();
    },
    acknowledge(id, by) {
      const [key, alert] = [...active].find(([, one]) => one.id === id) ?? [];
      if (key === undefined || alert === undefined) return refuse(problem("alert-over"));
      if (!alert.acknowledged) {
        active.set(key, keep({ ...alert, acknowledged: true, acknowledgedBy: by }));
        changed();
      }
      return succeed({ id });
    },
    mute(rule, minutes) {
      if (!isRule(rule)) return refuse(noSuchRule(rule));
      const mute = mutes.set(rule, minutes);
      log.append({ mute });
      changed();
      return succeed(mute);
    },
    forget() {
      active.clear();
      carried.clear();
      past = [];
      changed();
    },
    onChange: changes.subscribe,
    onNews: news.subscribe,
  };
}

function isRule(rule: string): boolean {
  const ours: readonly string[] = RULES;
  return ours.includes(rule);
}

function noSuchRule(rule: string) {
  return problem("bad-request", { detail: `there is no rule ${rule}; there are: ${RULES.join(", ")}` });
}

function newAlert(finding: Finding, gpu: number | undefined, since: number, told: boolean): LoggedAlert {
  return {
    id: randomUUID(),
    rule: finding.rule,
    severity: finding.severity,
    ...(gpu === undefined ? {} : { gpu }),
    since,
    ...wordsIn(finding, since),
    params: finding.params,
    acknowledged: false,
    mutedUntil: null,
    endedAt: null,
    acknowledgedBy: null,
    subject: finding.gpu,
    told,
  };
}

/** An alert of now as viewers see it. */
function plain(
  { endedAt: _, acknowledgedBy: __, subject: ___, told: ____, ...alert }: LoggedAlert,
  mutedUntil: number | null,
): Alert {
  return { ...alert, mutedUntil };
}

function asPast({ subject: _, told: __, ...alert }: LoggedAlert): PastAlert {
  return alert;
}

const keyOfFinding = ({ rule, gpu }: Finding) => keyOf({ rule, subject: gpu });

function wordsIn({ rule, params }: Finding, since: number) {
  return wordsOfAlert({ rule, params, message: rule, advice: "" }, alertsEn, timeText(since, "en"));
}
