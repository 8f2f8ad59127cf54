import { useMemo } from "react";
import type { Job } from "../../../shared/jobs/job.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectJobs } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** The sidecar's clock in whole seconds: a viewer's own may be off. */
const selectNowS = ({ known }: PanelState) =>
  known === null ? 0 : Math.round((known.epochMs + known.tMs) / 1000);
export const useNowMs = () => usePanel(selectNowS) * 1000;

/** What runs, then what waits in its order. */
export function useOpenJobs(): readonly Job[] {
  const jobs = usePanel(selectJobs);
  return useMemo(
    () => [
      ...jobs.filter(({ state }) => state === "running"),
      ...jobs
        .filter(({ state }) => state === "waiting")
        .sort((a, b) => (a.position ?? 0) - (b.position ?? 0)),
    ],
    [jobs],
  );
}
