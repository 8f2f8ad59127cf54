import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Job } from "../../../shared/jobs/job.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectJobs } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/later.css?inline";
import { SlidersIcon } from "../../ui/later-icons.tsx";
import { PopButton } from "../../ui/PopButton.tsx";
import { applyDrawingRate, drawingRate } from "./drawing-rate.ts";
import { useKeys } from "./use-keys.ts";

// Not needed for the first figures. A page that cannot load it still shows everything else.
const SettingsPart = lazy(() => import("./SettingsPart.tsx").catch(() => ({ default: () => null })));
const JobNotices = lazy(() => import("../health/JobNotices.tsx").catch(() => ({ default: () => null })));

/** All settings in one place. @param withStyles brings what a small view needs after its first figures */
export function Settings({ withStyles = false }: { withStyles?: boolean }) {
  const m = useMessages();
  const place = useRef<HTMLSpanElement>(null);
  const { store } = usePanelParts();
  const jobs = usePanel(selectJobs);
  // A short job may have ended before the part is there that tells of it.
  const [first, setFirst] = useState<readonly Job[] | null>(null);
  if (first === null && jobs.length > 0) setFirst(jobs);
  useKeys(place);
  useEffect(() => applyDrawingRate(store, drawingRate()), [store]);
  return (
    <span ref={place} className="settings">
      {withStyles && <Styles css={css} />}
      {first !== null && (
        <Suspense>
          <JobNotices first={first} />
        </Suspense>
      )}
      <PopButton className="ico" name={m.settings} label={m.settings} shown={<SlidersIcon />}>
        {() => <SettingsPart />}
      </PopButton>
    </span>
  );
}
