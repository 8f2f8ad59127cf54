import { memo, type ReactNode, useContext } from "react";
import type { Job } from "../../../shared/jobs/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { clock, duration } from "../../i18n/durations.ts";
import type { JobsWords } from "../../i18n/jobs/words.ts";
import { useJobsWords } from "../../i18n/use-messages.ts";
import { DownIcon } from "../../ui/icons.tsx";
import { ClockIcon, PlayIcon } from "../../ui/later-icons.tsx";
import { PopButton } from "../../ui/PopButton.tsx";
import { LookContext } from "../settings/look.ts";
import { JobRow } from "./JobRow.tsx";
import { jobShare } from "./job-progress.ts";
import { useNowMs, useOpenJobs } from "./use-open-jobs.ts";

const MOST_SHOWN = 3;

/** Who runs and until when about, and who waits: one line that is always there, and all of them behind it. */
export const JobsStrip = memo(function JobsStrip() {
  const words = useJobsWords();
  const jobs = useOpenJobs();
  const hidden = jobs.length - MOST_SHOWN;
  const more = words === null || hidden <= 0 ? "" : fillIn(words.more, { n: hidden });
  return (
    <section className="jobs" aria-label={words?.title}>
      <span className="lb">{words?.title}</span>
      {words !== null && jobs.length === 0 && <span className="muted">{words.none}</span>}
      {words !== null &&
        jobs.slice(0, MOST_SHOWN).map((job) => <Brief key={job.id} job={job} words={words} />)}
      {words !== null && jobs.length > 0 && (
        <PopButton
          className="push muted"
          label={words.title}
          // A name has to hold what is written on the button.
          name={`${more} ${fillIn(words.count, countOf(jobs))}`.trim()}
          wide
          shown={
            <>
              {more}
              <DownIcon />
            </>
          }
        >
          {() => <JobList jobs={jobs} words={words} />}
        </PopButton>
      )}
    </section>
  );
});

function countOf(jobs: readonly Job[]) {
  const running = jobs.filter(({ state }) => state === "running").length;
  return { running, waiting: jobs.length - running };
}

function JobList({ jobs, words }: { jobs: readonly Job[]; words: JobsWords }) {
  const nowMs = useNowMs();
  return (
    <>
      <h2>{fillIn(words.count, countOf(jobs))}</h2>
      <ul className="joblist">
        {jobs.map((job, i) => (
          <JobRow
            key={job.id}
            job={job}
            words={words}
            nowMs={nowMs}
            // The others wait for the same, or for those before them.
            withReason={jobs.findIndex(({ state }) => state === "waiting") === i}
          />
        ))}
      </ul>
    </>
  );
}

function Brief({ job, words }: { job: Job; words: JobsWords }) {
  const nowMs = useNowMs();
  const { language } = useContext(LookContext);
  const runs = job.state === "running";
  const share = jobShare(job, nowMs);
  const where = runs
    ? fillIn(words.on, { gpus: job.gpus.join(", ") })
    : job.gpuCount > 1
      ? fillIn(words.needs, { n: job.gpuCount })
      : words.queued;
  const when: ReactNode = runs
    ? job.endsAt === null
      ? null
      : job.endsAt < nowMs
        ? words.over
        : fillIn(words.left, { time: duration((job.endsAt - nowMs) / 1000, language) })
    : job.startsAt === null
      ? null
      : `≈ ${clock(job.startsAt, language)}`;
  return (
    <div className="job">
      {runs ? <PlayIcon /> : <ClockIcon />}
      <span className="cut" title={job.label}>
        {job.label}
      </span>
      <span className="muted">{where}</span>
      {share !== null && (
        <span className="pg" aria-hidden="true">
          <i style={{ width: `${(share * 100).toFixed(0)}%` }} />
        </span>
      )}
      {when !== null && <span className="muted">{when}</span>}
    </div>
  );
}
