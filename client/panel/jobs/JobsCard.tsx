import { useMemo } from "react";
import type { Job } from "../../../shared/capacity/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { JobsWords } from "../../i18n/jobs/words.ts";
import { useJobsWords } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectJobs } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { JobRow } from "./JobRow.tsx";

/** The sidecar's clock in whole seconds: a viewer's own may be off. */
const selectNowS = ({ known }: PanelState) =>
  known === null ? 0 : Math.round((known.epochMs + known.tMs) / 1000);

/** Who runs and until when about, who waits, why, and when it may start. Nothing while no job is declared. */
export function JobsCard() {
  const words = useJobsWords();
  const jobs = usePanel(selectJobs);
  const open = useMemo(() => jobs.filter(({ state }) => state === "running" || state === "waiting"), [jobs]);
  if (words === null || open.length === 0) return null;
  return <OpenJobs jobs={open} words={words} />;
}

function OpenJobs({ jobs, words }: { jobs: readonly Job[]; words: JobsWords }) {
  const nowS = usePanel(selectNowS);
  const nowMs = nowS * 1000;
  const running = jobs.filter(({ state }) => state === "running");
  const waiting = jobs
    .filter(({ state }) => state === "waiting")
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  return (
    <section className="card jobs" aria-label={words.title}>
      <h2 className="label">
        {words.title}
        <span className="job-count">
          {fillIn(words.count, { running: running.length, waiting: waiting.length })}
        </span>
      </h2>
      <ul className="plain">
        {[...running, ...waiting].map((job) => (
          <JobRow key={job.id} job={job} words={words} nowMs={nowMs} />
        ))}
      </ul>
    </section>
  );
}
