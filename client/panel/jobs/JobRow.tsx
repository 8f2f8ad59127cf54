import { useContext } from "react";
import type { Job } from "../../../shared/capacity/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { gib, whole } from "../../i18n/format.ts";
import type { JobsWords } from "../../i18n/jobs/words.ts";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { LookContext } from "../settings/look.ts";
import { clock, duration } from "./job-times.ts";

interface JobRowProps {
  job: Job;
  words: JobsWords;
  nowMs: number;
}

/** One job that runs or waits. */
export function JobRow({ job, words, nowMs }: JobRowProps) {
  const { language } = useContext(LookContext);
  const wordsOf = useProblemWords();
  const phases = useLater()?.timeline.phases ?? {};
  const runs = job.state === "running";
  const ranFor = job.startedAt === null ? null : Math.max(0, (nowMs - job.startedAt) / 1000);
  const { startsAt } = job;
  const isOver = job.endsAt !== null && job.endsAt < nowMs;
  const endsAt = isOver ? null : job.endsAt;
  const facts = [
    runs ? words.running : fillIn(words.waiting, { n: job.position ?? "?" }),
    runs && job.phase !== null ? (phases[job.phase] ?? job.phase) : null,
    job.gpus.length > 0 ? fillIn(words.on, { gpus: job.gpus.join(", ") }) : null,
    !runs && job.gpuCount > 1 ? fillIn(words.needs, { n: job.gpuCount }) : null,
    fillIn(words.reserved, { gib: gib(job.peakMiB) }),
    ranFor === null ? null : fillIn(words.since, { time: duration(ranFor) }),
  ];
  const at = (ms: number) => clock(ms, language);
  const when = runs
    ? endsAt === null
      ? [isOver ? words.over : words.endUnknown]
      : [
          fillIn(words.ends, { at: at(endsAt) }),
          fillIn(words.left, { time: duration((endsAt - nowMs) / 1000) }),
        ]
    : startsAt === null
      ? [words.startUnknown]
      : startsAt <= nowMs
        ? [words.soon]
        : [
            fillIn(words.starts, { at: at(startsAt) }),
            fillIn(words.in, { time: duration((startsAt - nowMs) / 1000) }),
          ];
  const share = ranFor === null || endsAt === null ? null : ranFor / (ranFor + (endsAt - nowMs) / 1000);
  return (
    <li data-state={job.state}>
      <span className="job-mark" aria-hidden="true">
        {job.position ?? ""}
      </span>
      <div className="job-what">
        <b>{job.label}</b>
        <span className="muted small">{facts.filter((fact) => fact !== null).join(" · ")}</span>
        {job.reason !== undefined && (
          <span className="small job-reason">{wordsOf(withGroupedFigures(job.reason)).message}</span>
        )}
      </div>
      <div className="job-when small">
        {when.map((text, i) => (
          <span key={text} className={i === 0 ? undefined : "muted"}>
            {text}
          </span>
        ))}
      </div>
      {share !== null && (
        <div className="job-bar" aria-hidden="true">
          <span style={{ transform: `translateX(${((share - 1) * 100).toFixed(1)}%)` }} />
        </div>
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
