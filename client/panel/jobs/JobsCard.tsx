import type { Job } from "../../../shared/capacity/job.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import type { JobsWords } from "../../i18n/jobs/words.ts";
import { useJobsWords, useProblemWords } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectJobs } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { useProfiles } from "../concurrency/use-capacity.ts";
import { duration, jobTimes } from "./job-times.ts";

/** The sidecar's clock in whole seconds: a viewer's own may be off. */
const selectNowS = ({ known }: PanelState) =>
  known === null ? 0 : Math.round((known.epochMs + known.tMs) / 1000);

/** Who runs, who waits, and until when about. Nothing while no job is marked. */
export function JobsCard() {
  const words = useJobsWords();
  const jobs = usePanel(selectJobs).filter(({ state }) => state === "running" || state === "waiting");
  if (words === null || jobs.length === 0) return null;
  const ordered = [...jobs].sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  return (
    <section className="card jobs" aria-label={words.title}>
      <h2 className="label">{words.title}</h2>
      <ul className="small plain">
        {ordered.map((job) => (
          <JobRow key={job.id} job={job} words={words} />
        ))}
      </ul>
    </section>
  );
}

function JobRow({ job, words }: { job: Job; words: JobsWords }) {
  const profiles = useProfiles();
  const wordsOf = useProblemWords();
  const nowS = usePanel(selectNowS);
  const { ranFor, left } = jobTimes(job, profiles, nowS * 1000);
  const runs = job.state === "running";
  const facts = [
    runs ? (job.phase ?? words.running) : fillIn(words.waiting, { n: job.position ?? "?" }),
    job.gpus.length > 0 ? fillIn(words.on, { gpus: job.gpus.join(", ") }) : null,
    fillIn(words.reserved, { gib: gib(job.peakMiB) }),
    ranFor === null ? null : fillIn(words.since, { time: duration(ranFor) }),
    left === null ? null : left < 0 ? words.over : fillIn(words.left, { time: duration(left) }),
    job.reason === undefined ? null : wordsOf(job.reason).message,
  ];
  return (
    <li data-state={job.state}>
      <span className="dot" />
      <span>
        <b>{job.label}</b> <span className="muted">{facts.filter((fact) => fact !== null).join(" · ")}</span>
      </span>
    </li>
  );
}
