import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { DASH, gib, percent } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { ProgressBar } from "../../ui/ProgressBar.tsx";

interface VramBarProps {
  gpu: Pick<Gpu, "index" | "memoryUsedMiB" | "memoryTotalMiB">;
}

/** VRAM in use on one GPU: bar, GiB, percent. VRAM is used ÷ total, never `utilization.memory`. */
export function VramBar({ gpu }: VramBarProps) {
  const m = useMessages();
  const { memoryUsedMiB: used, memoryTotalMiB: total } = gpu;
  const share = percentOf(used, total);
  return (
    <div className="vram">
      <div className="vram-figures">
        {/* One text: in a page that shows eight of these, laying out texts is most of the work. */}
        <b className="vram-main">{`${gib(used)} / ${gib(total)} GiB`}</b>
        <b className="vram-percent">{share === null ? DASH : percent(share)}</b>
      </div>
      <ProgressBar percent={share} label={`${m.vram} GPU ${gpu.index}`} unknownText={m.notReported} />
    </div>
  );
}
