import { useContext, useEffect, useRef } from "react";
import type { Job } from "../../../shared/jobs/job.ts";
import { duration } from "../../i18n/durations.ts";
import { useLaterWords } from "../../i18n/use-messages.ts";
import { selectJobs } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { LookContext } from "../settings/look.ts";
import { notices, notify } from "./use-browser-notices.ts";

/**
 * Tells of jobs that end while the page is open, where the browser may notify and that is wanted. Without their label:
 * hosts put prompts there, and a notification is read on locked screens.
 * @param first the first jobs that this page has seen
 */
export default function JobNotices({ first }: { first: readonly Job[] }) {
  const words = useLaterWords();
  const { language } = useContext(LookContext);
  const jobs = usePanel(selectJobs);
  const open = useRef(idsOfOpen(first));
  useEffect(() => {
    if (words === null) return;
    // A page in the background may see a job wait and then see that it has ended, and never see it run.
    const ended = jobs.filter(
      ({ id, startedAt, endedAt }) => endedAt !== null && startedAt !== null && open.current.has(id),
    );
    open.current = idsOfOpen(jobs);
    if (ended.length === 0 || !notices.mayTell()) return;
    const { jobEnded } = words.health;
    for (const job of ended) {
      const title = job.state === "done" ? jobEnded.done : jobEnded.failed;
      notify(title, factsOf(job, (seconds) => duration(seconds, language)).join(" · "), job.id);
    }
  }, [jobs, words, language]);
  return null;
}

const idsOfOpen = (jobs: readonly Job[]): ReadonlySet<string> =>
  new Set(jobs.filter(({ endedAt }) => endedAt === null).map(({ id }) => id));

function factsOf({ profile, gpus, startedAt, endedAt }: Job, time: (seconds: number) => string): string[] {
  return [
    ...(profile === null ? [] : [profile]),
    ...(gpus.length === 0 ? [] : [`GPU ${gpus.join(", ")}`]),
    ...(startedAt === null || endedAt === null ? [] : [time((endedAt - startedAt) / 1000)]),
  ];
}
