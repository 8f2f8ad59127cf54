import { usedOf } from "../../../shared/capacity/used-of.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { DASH, gib, percent } from "../../i18n/format.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { ProgressBar } from "../../ui/ProgressBar.tsx";

interface VramBarProps {
  gpu: Pick<Gpu, "index" | "memoryUsedMiB" | "memoryTotalMiB" | "lost">;
  /** Of the host, where the GPU shares its memory. */
  unified: GpuPromise["unified"];
}

/** VRAM in use on one GPU: bar, GiB, percent. VRAM is used ÷ total, never `utilization.memory`. */
export function VramBar({ gpu, unified }: VramBarProps) {
  const m = useMessages();
  const words = useLater()?.room;
  const { used, total } = usedOf(gpu, unified);
  // A dash without a reason would look like a fault of the panel.
  const why =
    unified !== null ? words?.unified : total === null && !gpu.lost ? words?.unknownTotal : undefined;
  const share = percentOf(used, total);
  return (
    <div className="vram">
      <div className="vram-figures">
        {/* One text: in a page that shows eight of these, laying out texts is most of the work. */}
        <b className="vram-main">{`${gib(used)} / ${gib(total)} GiB`}</b>
        <b className="vram-percent">{share === null ? DASH : percent(share)}</b>
      </div>
      <ProgressBar percent={share} label={`${m.vram} GPU ${gpu.index}`} unknownText={m.notReported} />
      {why !== undefined && <p className="muted small">{why}</p>}
    </div>
  );
}
