import { lazy, memo, Suspense, useRef } from "react";
import type { Gpu } from "../../shared/gpu/gpu.ts";
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
import type { Card } from "./timeline/series.ts";
import { Timeline } from "./timeline/Timeline.tsx";
import type { ViewProps } from "./view-props.ts";

const NoGpus = lazy(() => import("./gpus/NoGpus.tsx"));
const GroupPart = lazy(() => import("./group/GroupPart.tsx"));
const ReplayBar = lazy(() => import("./replay/ReplayBar.tsx"));

const selectInGroup = ({ known }: PanelState) => known?.inGroup === true;
const selectHostName = ({ known }: PanelState) => known?.host.name ?? null;

/** Everything: the standalone page. */
export default function FullView({ gpus, capacity, expected }: ViewProps) {
  const source = usePanel(selectSource);
  const replay = source?.replay;
  const inGroup = usePanel(selectInGroup);
  const waits = usePanel(selectWaiting);
  const none = gpus.length === 0 && !waits;
  // A host that shows others alone: that it has no GPU is no trouble.
  const alone = none && inGroup && source?.kind === "redis";
  const list = gpus.map(({ gpu }) => gpu);
  const cards = useCards(list);
  return (
    <View className="view-full">
      <Styles css={css} />
      <Head none={none} />
      {replay !== undefined && (
        <Suspense>
          <ReplayBar replay={replay} />
        </Suspense>
      )}
      {none ? (
        !alone && (
          <Suspense>
            <NoGpus />
          </Suspense>
        )
      ) : (
        <>
          <RoomCard capacity={capacity} gpus={list} />
          <VramCard capacity={capacity} gpus={list} />
          {waits ? <GpuSkeleton count={expected} /> : <GpuTable gpus={gpus} capacity={capacity} />}
          {!waits && <JobsStrip />}
          <Timeline gpus={cards} />
        </>
      )}
      {inGroup && !waits && (
        <Suspense>
          <GroupPart alone={alone} />
        </Suspense>
      )}
      <Foot withSessions={gpus.length > 0} />
    </View>
  );
}

/** Who the GPUs are, the same array for as long as they are the same: what goes by it is not drawn with every sample. */
function useCards(gpus: readonly Gpu[]): readonly Card[] {
  const cards = gpus.map(({ uuid, index, memoryTotalMiB }) => ({ uuid, index, memoryTotalMiB }));
  const kept = useRef(cards);
  if (JSON.stringify(kept.current) !== JSON.stringify(cards)) kept.current = cards;
  return kept.current;
}

const Head = memo(function Head({ none }: { none: boolean }) {
  const m = useMessages();
  const host = usePanel(selectHostName);
  return (
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
  );
});
