import { useContext } from "react";
import type { Job } from "../../../shared/jobs/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { clock, duration } from "../../i18n/durations.ts";
import { gib, whole } from "../../i18n/format.ts";
import type { JobsWords } from "../../i18n/jobs/words.ts";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { ClockIcon, PlayIcon } from "../../ui/later-icons.tsx";
import { LookContext } from "../settings/look.ts";

interface JobRowProps {
  job: Job;
  words: JobsWords;
  nowMs: number;
  /** Why it waits. */
  withReason: boolean;
}

/** One job that runs or waits. */
export function JobRow({ job, words, nowMs, withReason }: JobRowProps) {
  const { language } = useContext(LookContext);
  const wordsOf = useProblemWords();
  const phases = useLater()?.timeline.phases ?? {};
  const runs = job.state === "running";
  const ranFor = job.startedAt === null ? null : Math.max(0, (nowMs - job.startedAt) / 1000);
  const { startsAt } = job;
  const isOver = job.endsAt !== null && job.endsAt < nowMs;
  const endsAt = isOver ? null : job.endsAt;
  const time = (seconds: number) => duration(seconds, language);
  const facts = [
    runs ? words.running : fillIn(words.waiting, { n: job.position ?? "?" }),
    runs && job.phase !== null ? (phases[job.phase] ?? job.phase) : null,
    job.gpus.length > 0 ? fillIn(words.on, { gpus: job.gpus.join(", ") }) : null,
    !runs && job.gpuCount > 1 ? fillIn(words.needs, { n: job.gpuCount }) : null,
    fillIn(words.reserved, { gib: gib(job.peakMiB) }),
    ranFor === null ? null : fillIn(words.since, { time: time(ranFor) }),
  ];
  const at = (ms: number) => clock(ms, language);
  const when = runs
    ? endsAt === null
      ? [isOver ? words.over : words.endUnknown]
      : [fillIn(words.ends, { at: at(endsAt) }), fillIn(words.left, { time: time((endsAt - nowMs) / 1000) })]
    : startsAt === null
      ? [words.startUnknown]
      : startsAt <= nowMs
        ? [words.soon]
        : [
            fillIn(words.starts, { at: at(startsAt) }),
            fillIn(words.in, { time: time((startsAt - nowMs) / 1000) }),
          ];
  return (
    <li data-state={job.state}>
      {runs ? <PlayIcon /> : <ClockIcon />}
      <b>{job.label}</b>
      <div className="when">
        {when.map((text, i) => (
          <span key={text} className={i === 0 ? undefined : "muted"}>
            {text}
          </span>
        ))}
      </div>
      <span>{facts.filter((fact) => fact !== null).join(" · ")}</span>
      {withReason && job.reason !== undefined && (
        <span>{wordsOf(withGroupedFigures(job.reason)).message}</span>
      )}
    </li>
  );
}

/** 32603 → 32,603, as everywhere else in the panel. */
function withGroupedFigures(problem: Problem): Problem {
  const params = Object.entries(problem.params).map(([name, value]) => [
    name,
    typeof value === "number" ? whole(value) : value,
  ]);
  return { ...problem, params: Object.fromEntries(params) };
}
