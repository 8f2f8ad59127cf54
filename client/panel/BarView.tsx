import type { Gpu } from "../../shared/gpu/gpu.ts";
import { percentOf } from "../../shared/gpu/units.ts";
import { gib, percent, withUnit } from "../i18n/format.ts";
import { useMessages } from "../i18n/use-messages.ts";
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
          {list.map((gpu) => (
            <BarGpu key={gpu.uuid} gpu={gpu} />
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

function BarGpu({ gpu }: { gpu: Gpu }) {
  const m = useMessages();
  const share = percentOf(gpu.memoryUsedMiB, gpu.memoryTotalMiB);
  const figures = `${gib(gpu.memoryUsedMiB)} / ${gib(gpu.memoryTotalMiB)} GiB`;
  return (
    <section
      className="bar-gpu"
      title={gpu.name}
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
