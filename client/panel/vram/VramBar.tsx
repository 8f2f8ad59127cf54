import { reserveMiB } from "../../../shared/capacity/concurrency.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { DASH, gib, percent, whole } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { ProgressBar } from "../../ui/ProgressBar.tsx";

interface VramBarProps {
  gpu: Pick<Gpu, "index" | "memoryUsedMiB" | "memoryTotalMiB">;
  /** Shows MiB as well, and the reserve at the bar's end. */
  detailed?: boolean;
}

/** VRAM in use on one GPU: bar, GiB, percent. VRAM is used ÷ total, never `utilization.memory`. */
export function VramBar({ gpu, detailed = false }: VramBarProps) {
  const m = useMessages();
  const { memoryUsedMiB: used, memoryTotalMiB: total } = gpu;
  const share = percentOf(used, total);
  const inMib = `${whole(used)} / ${whole(total)} MiB`;
  return (
    <div className="vram">
      <div className="vram-figures">
        {detailed ? (
          <span className="vram-main">
            <span className="label">{m.vram}</span>
            <b>{gib(used)}</b>
            <span className="muted">{` / ${gib(total)} GiB`}</span>
          </span>
        ) : (
          // One text: in a page that shows eight of these, laying out texts is most of the work.
          <b className="vram-main">{`${gib(used)} / ${gib(total)} GiB`}</b>
        )}
        <b className="vram-percent">{share === null ? DASH : percent(share)}</b>
      </div>
      <ProgressBar
        percent={share}
        label={`${m.vram} GPU ${gpu.index}`}
        unknownText={m.notReported}
        reservePercent={detailed && total !== null ? (reserveMiB(total) / total) * 100 : 0}
      />
      {detailed && (
        <div className="vram-mib muted">{used === null && total === null ? m.notReported : inMib}</div>
      )}
    </div>
  );
}
