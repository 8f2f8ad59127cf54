import { randomUUID } from "node:crypto";
import { type Alert, RULES } from "../../shared/health/alert.ts";
import { alertsEn } from "../../shared/health/en.ts";
import type { AlertList, Mute, PastAlert } from "../../shared/health/past-alert.ts";
import { wordsOfAlert } from "../../shared/health/words.ts";
import { problem } from "../../shared/problems/make-problem.ts";
import { type Reply, refuse, succeed } from "../../shared/protocol/reply.ts";
import { createEmitter } from "../lib/emitter.ts";
import type { AlertLog, LoggedAlert } from "./alert-log.ts";
import type { Changes, Finding } from "./evaluate.ts";
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
  const active = new Map<string, LoggedAlert>();
  const carried = new Map<string, LoggedAlert>();
  /** Alerts of now whose GPU was lost before the start and has not been seen since. */
  const missing = new Set<string>();
  const mutes = new Map<string, number>();
  const known = new Map<string, LoggedAlert>();
  for (const line of log.lines()) {
    if ("mute" in line) mutes.set(line.mute.rule, line.mute.until);
    else {
      // Behind all others, so that the order is that of the last change.
      known.delete(line.alert.id);
      known.set(line.alert.id, line.alert);
    }
  }
  let past = [...known.values()].filter(({ endedAt }) => endedAt !== null).slice(-SHOWN_PAST);
  for (const alert of known.values()) if (alert.endedAt === null) carried.set(keyOf(alert), alert);
  const startedMs = nowMs();

  const mutedUntil = (rule: string) => {
    const until = mutes.get(rule) ?? 0;
    return until > wallOf(nowMs()) ? until : null;
  };
  const plain = ({
    endedAt: _,
    acknowledgedBy: __,
    subject: ___,
    told: ____,
    ...alert
  }: LoggedAlert): Alert => ({
    ...alert,
    mutedUntil: mutedUntil(alert.rule),
  });
  const asPast = ({ subject: _, told: __, ...alert }: LoggedAlert): PastAlert => alert;
  const list = () => [...active.values()].map(plain);

  function keep(alert: LoggedAlert) {
    log.append({ alert });
    return alert;
  }

  function begin(finding: Finding, gpu: number | undefined) {
    const key = keyOf({ rule: finding.rule, subject: finding.gpu });
    const before = carried.get(key);
    carried.delete(key);
    const since = Math.round(before?.since ?? wallOf(finding.sinceMs));
    const words = wordsIn(finding, since);
    if (before !== undefined) {
      active.set(key, { ...before, ...words, severity: finding.severity, params: finding.params });
      return;
    }
    const alert = keep({
      id: randomUUID(),
      rule: finding.rule,
      severity: finding.severity,
      ...(gpu === undefined ? {} : { gpu }),
      since,
      ...words,
      params: finding.params,
      acknowledged: false,
      mutedUntil: null,
      endedAt: null,
      acknowledgedBy: null,
      subject: finding.gpu,
      told: mutedUntil(finding.rule) === null,
    });
    active.set(key, alert);
    if (alert.told) news.emit({ kind: "began", alert: asPast(alert) });
  }

  function renew(finding: Finding) {
    const key = keyOf({ rule: finding.rule, subject: finding.gpu });
    const before = active.get(key);
    if (before === undefined) return;
    const { severity, params } = finding;
    active.set(key, keep({ ...before, ...wordsIn(finding, before.since), severity, params }));
  }

  function end(alert: LoggedAlert, endedAt: number) {
    const ended = keep({ ...alert, endedAt: Math.round(wallOf(endedAt)) });
    past = [...past, ended].slice(-SHOWN_PAST);
    if (ended.told) news.emit({ kind: "ended", alert: asPast(ended) });
  }

  /**
   * What was open when the sidecar ended and is not found again is over, unless its GPU has not been seen since: one
   * that is off the bus stays lost until it is back.
   */
  function dropCarried(now: number, indexOf: (uuid: string) => number | undefined): boolean {
    let changed = false;
    for (const [key, alert] of [...active]) {
      if (!missing.has(key) || isAway(alert, indexOf)) continue;
      missing.delete(key);
      active.delete(key);
      end(alert, now);
      changed = true;
    }
    if (now - startedMs < carriedMs) return changed;
    for (const [key, alert] of [...carried]) {
      if (!isAway(alert, indexOf)) end(alert, now);
      else if (alert.rule === "gpu-lost") {
        active.set(key, alert);
        missing.add(key);
      } else continue;
      carried.delete(key);
      changed = true;
    }
    return changed;
  }

  function dropMutes(): boolean {
    const now = wallOf(nowMs());
    let changed = false;
    for (const [rule, until] of mutes) {
      if (until > now) continue;
      mutes.delete(rule);
      changed = true;
    }
    return changed;
  }

  return {
    list,
    all: () => ({
      alerts: list(),
      past: past.map(asPast).reverse(),
      mutes: [...mutes]
        .filter(([, until]) => until > wallOf(nowMs()))
        .map(([rule, until]) => ({ rule, until })),
    }),
    apply({ began, renewed, ended }, now, indexOf) {
      for (const finding of ended) {
        const key = keyOf({ rule: finding.rule, subject: finding.gpu });
        const alert = active.get(key);
        active.delete(key);
        if (alert !== undefined) end(alert, now);
      }
      for (const finding of began) begin(finding, finding.gpu === null ? undefined : indexOf(finding.gpu));
      for (const finding of renewed) renew(finding);
      const aged = [dropCarried(now, indexOf), dropMutes()].includes(true);
      if (aged || began.length + renewed.length + ended.length > 0) changes.emit(list());
    },
    acknowledge(id, by) {
      const [key, alert] = [...active].find(([, one]) => one.id === id) ?? [];
      if (key === undefined || alert === undefined) return refuse(problem("alert-over"));
      if (!alert.acknowledged) {
        active.set(key, keep({ ...alert, acknowledged: true, acknowledgedBy: by }));
        changes.emit(list());
      }
      return succeed({ id });
    },
    mute(rule, minutes) {
      const ours: readonly string[] = RULES;
      if (!ours.includes(rule)) {
        return refuse(
          problem("bad-request", { detail: `there is no rule ${rule}; there are: ${RULES.join(", ")}` }),
        );
      }
      const mute = { rule, until: Math.round(wallOf(nowMs()) + minutes * 60_000) };
      log.append({ mute });
      mutes.set(rule, mute.until);
      dropMutes();
      changes.emit(list());
      return succeed(mute);
    },
    forget() {
      active.clear();
      carried.clear();
      missing.clear();
      past = [];
      changes.emit([]);
    },
    onChange: changes.subscribe,
    onNews: news.subscribe,
  };
}

function isAway({ subject }: LoggedAlert, indexOf: (uuid: string) => number | undefined): boolean {
  return subject !== null && indexOf(subject) === undefined;
}

function keyOf({ rule, subject }: Pick<LoggedAlert, "rule" | "subject">): string {
  return `${rule} ${subject ?? ""}`;
}

function wordsIn({ rule, params }: Finding, since: number) {
  return wordsOfAlert({ rule, params, message: rule, advice: "" }, alertsEn, timeText(since, "en"));
}
