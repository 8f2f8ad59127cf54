import { lazy, Suspense } from "react";
import { fillIn } from "../../shared/problems/fill-in.ts";
import { UNKNOWN_PROMISE } from "../../shared/protocol/state.ts";
import { gib } from "../i18n/format.ts";
import { useLaterWords, useMessages } from "../i18n/use-messages.ts";
import { Styles } from "../shadow/Styles.tsx";
import type { PanelState } from "../store/panel-state.ts";
import { selectAlerts, selectSource } from "../store/selectors.ts";
import { usePanel } from "../store/use-panel.ts";
import css from "../styles/full.css?inline";
import { Disclosure } from "../ui/Disclosure.tsx";
import { ChipIcon } from "../ui/icons.tsx";
import { View } from "../ui/View.tsx";
import { CapacityCard } from "./concurrency/CapacityCard.tsx";
import { Notices } from "./connection/Notices.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { GpuCard } from "./gpus/GpuCard.tsx";
import { NoGpus } from "./gpus/NoGpus.tsx";
import { JobsCard } from "./jobs/JobsCard.tsx";
import { ReleaseCard } from "./release/ReleaseCard.tsx";
import { SessionsFold } from "./sessions/SessionsFold.tsx";
import { Settings } from "./settings/Settings.tsx";
import { Timeline } from "./timeline/Timeline.tsx";
import type { ViewProps } from "./view-props.ts";

const AlertsCard = lazy(() => import("./health/AlertsCard.tsx"));
const PastAlerts = lazy(() => import("./health/PastAlerts.tsx"));

const selectHost = ({ known }: PanelState) => known?.host ?? null;
const selectVersion = ({ known }: PanelState) => known?.version ?? null;

/** Everything: the standalone page. */
export default function FullView({ gpus, capacity }: ViewProps) {
  const m = useMessages();
  const host = usePanel(selectHost);
  const list = gpus.map(({ gpu }) => gpu);
  return (
    <View className="view view-full">
      <Styles css={css} />
      <header className="top">
        <h1>
          <ChipIcon />
          {m.title}
        </h1>
        {host !== null && <span className="host muted">{host.name}</span>}
        <StatusPill />
        <Settings />
      </header>
      <Notices />
      <Alerts />
      {gpus.length === 0 ? (
        <NoGpus />
      ) : (
        <>
          <div className="summary">
            {capacity !== null && <CapacityCard capacity={capacity} gpus={list} />}
            <ReleaseCard gpus={list} />
          </div>
          <JobsCard />
          <div className="gpu-grid" data-many={gpus.length > 2}>
            {gpus.map(({ gpu, position }, i) => (
              <GpuCard
                key={gpu.uuid}
                gpu={gpu}
                position={position}
                capacity={capacity?.fresh ? (capacity.perGpu[i] ?? null) : null}
                known={capacity?.promises[i] ?? UNKNOWN_PROMISE}
                fresh={capacity?.fresh ?? false}
              />
            ))}
          </div>
          <Timeline gpus={gpus} />
          <SessionsFold />
        </>
      )}
      <AlertHistory />
      <Footer />
    </View>
  );
}

/** Loaded when there is one. */
function Alerts() {
  return (
    usePanel(selectAlerts).length > 0 && (
      <Suspense>
        <AlertsCard />
      </Suspense>
    )
  );
}

function AlertHistory() {
  const words = useLaterWords()?.health;
  if (words === undefined) return null;
  return (
    <Disclosure className="card" summary={words.past}>
      {() => (
        <Suspense>
          <PastAlerts />
        </Suspense>
      )}
    </Disclosure>
  );
}

function Footer() {
  const m = useMessages();
  const host = usePanel(selectHost);
  const version = usePanel(selectVersion);
  const source = usePanel(selectSource);
  const words = useLaterWords()?.health;
  // The host of now says nothing of a recording.
  if (host === null || source?.replay !== undefined) return null;
  const { load1, cpuCount, memoryTotalMiB, memoryAvailableMiB, memoryLimitMiB, cpuLimit } = host;
  const ram = memoryLimitMiB ?? memoryTotalMiB;
  const parts = [
    load1 === null ? null : fillIn(m.host.load, { load: load1.toFixed(1), count: cpuCount }),
    cpuLimit === null || words === undefined ? null : fillIn(words.cpuLimit, { n: cpuLimit }),
    // What is available is told within the container's limit.
    ram === null || memoryAvailableMiB === null
      ? null
      : fillIn(m.host.memory, { used: gib(ram - memoryAvailableMiB), total: gib(ram) }),
    source?.driverVersion == null || source.kind === "demo"
      ? null
      : fillIn(m.host.driver, { version: source.driverVersion }),
    version === null ? null : `gpu-status-panel ${version}`,
  ];
  return (
    <footer className="foot muted small">
      {parts
        .filter((part) => part !== null)
        .map((part) => (
          <span key={part}>{part}</span>
        ))}
    </footer>
  );
}
