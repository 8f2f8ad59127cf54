import { lazy, Suspense } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { useLaterWords } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectAlerts, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { PopButton } from "../../ui/PopButton.tsx";
import { useAge } from "./age.ts";
import { type PanelNotice, useNotice } from "./use-notice.ts";

// A page that cannot load it still shows everything else.
const AlertLine = lazy(() => import("../health/AlertLine.tsx").catch(() => ({ default: () => null })));

const selectHost = ({ known }: PanelState) => known?.host ?? null;

/**
 * The one slot for what has to be said: it is always there, so that nothing is pushed.
 * @param quiet what is wrong stands elsewhere, at length
 */
export function Note({ quiet }: { quiet: boolean }) {
  const said = useNotice();
  const notice = quiet ? null : said;
  const watched = usePanel(selectAlerts).length > 0;
  if (notice !== null && notice.tone !== "info") return <Said {...notice} />;
  const rest = notice === null ? <Host /> : <Said {...notice} />;
  return watched ? (
    <Suspense fallback={rest}>
      <AlertLine>{rest}</AlertLine>
    </Suspense>
  ) : (
    rest
  );
}

function Said({ text, tone }: PanelNotice) {
  const words = useLaterWords()?.room;
  const age = useAge();
  const told =
    age === null || age < 2 || words === undefined ? text : `${text} ${fillIn(words.age, { n: age })}`;
  return (
    <div className="note" data-tone={tone} role={tone === "danger" ? "alert" : "status"}>
      {tone !== "info" && <span className="up" />}
      <PopButton className="cut" label={text} wide shown={told}>
        {() => <p>{told}</p>}
      </PopButton>
    </div>
  );
}

/** At rest: what the machine beside the GPUs does. */
function Host() {
  const full = useFullWords();
  const host = usePanel(selectHost);
  const source = usePanel(selectSource);
  const words = useLaterWords()?.health;
  // The host of now says nothing of a recording.
  if (host === null || source?.replay !== undefined) return <div className="note" />;
  const { load1, cpuCount, memoryTotalMiB, memoryAvailableMiB, memoryLimitMiB, cpuLimit } = host;
  const ram = memoryLimitMiB ?? memoryTotalMiB;
  const parts = [
    load1 === null ? null : fillIn(full.host.cpu, { load: load1.toFixed(1), count: cpuCount }),
    cpuLimit === null || words === undefined ? null : fillIn(words.cpuLimit, { n: cpuLimit }),
    // What is available is told within the container's limit.
    ram === null || memoryAvailableMiB === null
      ? null
      : fillIn(full.host.memory, { used: gib(ram - memoryAvailableMiB), total: Math.round(ram / 1024) }),
  ];
  return (
    <div className="note">
      <span className="cut">{parts.filter((part) => part !== null).join(" · ")}</span>
    </div>
  );
}
