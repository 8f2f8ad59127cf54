import { lazy, Suspense } from "react";
import { useMessages } from "../i18n/use-messages.ts";
import { Styles } from "../shadow/Styles.tsx";
import type { PanelState } from "../store/panel-state.ts";
import { selectSource, selectWaiting } from "../store/selectors.ts";
import { usePanel } from "../store/use-panel.ts";
import css from "../styles/full.css?inline";
import { ChipIcon } from "../ui/icons.tsx";
import { View } from "../ui/View.tsx";
import { RoomCard } from "./concurrency/RoomCard.tsx";
import { Note } from "./connection/Note.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { Foot } from "./Foot.tsx";
import { GpuSkeleton } from "./gpus/GpuSkeleton.tsx";
import { GpuTable } from "./gpus/GpuTable.tsx";
import { AlertSlot } from "./health/AlertSlot.tsx";
import { JobsStrip } from "./jobs/JobsStrip.tsx";
import { VramCard } from "./release/VramCard.tsx";
import { Fullscreen } from "./settings/Fullscreen.tsx";
import { Settings } from "./settings/Settings.tsx";
import { Timeline } from "./timeline/Timeline.tsx";
import type { ViewProps } from "./view-props.ts";

const NoGpus = lazy(() => import("./gpus/NoGpus.tsx"));
const ReplayBar = lazy(() => import("./replay/ReplayBar.tsx"));

const selectHostName = ({ known }: PanelState) => known?.host.name ?? null;

/** Everything: the standalone page. */
export default function FullView({ gpus, capacity }: ViewProps) {
  const m = useMessages();
  const host = usePanel(selectHostName);
  const replay = usePanel(selectSource)?.replay;
  const waits = usePanel(selectWaiting);
  const none = gpus.length === 0 && !waits;
  const list = gpus.map(({ gpu }) => gpu);
  return (
    <View className="view-full">
      <Styles css={css} />
      <header className="hd">
        <div className="ttl">
          <ChipIcon />
          <h1 className="strong">{m.title}</h1>
          {host !== null && <span className="host muted cut">{host}</span>}
        </div>
        <Note quiet={none} />
        <div className="rt">
          <AlertSlot />
          <StatusPill />
          <Fullscreen />
          <Settings />
        </div>
      </header>
      {replay !== undefined && (
        <Suspense>
          <ReplayBar replay={replay} />
        </Suspense>
      )}
      {none ? (
        <Suspense>
          <NoGpus />
        </Suspense>
      ) : (
        <>
          <RoomCard capacity={capacity} gpus={list} />
          <VramCard capacity={capacity} gpus={list} />
          {waits ? <GpuSkeleton /> : <GpuTable gpus={gpus} capacity={capacity} />}
          {!waits && <JobsStrip />}
          <Timeline gpus={gpus} />
        </>
      )}
      <Foot withSessions={gpus.length > 0} />
    </View>
  );
}
