import { usedOf } from "../../shared/capacity/used-of.ts";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import { percentOf } from "../../shared/gpu/units.ts";
import type { GpuPromise } from "../../shared/protocol/state.ts";
import { gib, percent, withUnit } from "../i18n/format.ts";
import { useLater, useMessages } from "../i18n/use-messages.ts";
import { Styles } from "../shadow/Styles.tsx";
import css from "../styles/bar-view.css?inline";
import { ProgressBar } from "../ui/ProgressBar.tsx";
import { View } from "../ui/View.tsx";
import { RoomChip } from "./concurrency/RoomChip.tsx";
import { Notices } from "./connection/Notices.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { NoGpus } from "./gpus/NoGpus.tsx";
import { temperatureTone } from "./gpus/temperature-tone.ts";
import { AlertNotice } from "./health/AlertNotice.tsx";
import { ReleaseButton } from "./release/ReleaseButton.tsx";
import type { ViewProps } from "./view-props.ts";

/** One line for the top or foot of a WebUI; wraps where it is narrow. */
export default function BarView({ gpus, capacity }: ViewProps) {
  const m = useMessages();
  const list = gpus.map(({ gpu }) => gpu);
  return (
    <View className="view view-bar">
      <Styles css={css} />
      <h1 className="spoken-only">{m.title}</h1>
      <Notices />
      <AlertNotice />
      <div className="bar-line">
        <StatusPill withRate={false} />
        {list.length === 0 && <NoGpus />}
        <div className="bar-gpus">
          {list.map((gpu, i) => (
            <BarGpu key={gpu.uuid} gpu={gpu} unified={capacity?.promises[i]?.unified ?? null} />
          ))}
        </div>
        {capacity !== null && list.length > 0 && (
          <RoomChip canStart={capacity.canStart} title={capacity.profile.label} />
        )}
        {list.length > 0 && <ReleaseButton brief />}
      </div>
    </View>
  );
}

function BarGpu({ gpu, unified }: { gpu: Gpu; unified: GpuPromise["unified"] }) {
  const m = useMessages();
  const words = useLater()?.room;
  const { used, total } = usedOf(gpu, unified);
  const share = percentOf(used, total);
  const figures = `${gib(used)} / ${gib(total)} GiB`;
  // One line has no room for the words; who points at a dash finds them.
  const why = unified !== null ? words?.unified : total === null ? words?.unknownTotal : undefined;
  return (
    <section
      className="bar-gpu"
      title={why === undefined ? gpu.name : `${gpu.name}: ${why}`}
      data-lost={gpu.lost}
      aria-label={`GPU ${gpu.index} ${gpu.name}`}
    >
      <span className="badge">{gpu.index}</span>
      <ProgressBar percent={share} label={`${m.vram} GPU ${gpu.index}`} unknownText={m.notReported} />
      {gpu.lost ? (
        <span className="chip" data-tone="danger">
          {m.gpuLost}
        </span>
      ) : (
        <>
          <span className="bar-figures">{figures}</span>
          <b>{percent(share)}</b>
          <span data-level={temperatureTone(gpu.temperatureC)} title={m.temperature}>
            {withUnit(gpu.temperatureC, " °C")}
          </span>
          <span className="muted" title={m.utilization}>
            {withUnit(gpu.utilizationGpuPct, " %")}
          </span>
        </>
      )}
    </section>
  );
}
