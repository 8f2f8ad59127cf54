import { memo } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { withUnit } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { VramBar } from "../vram/VramBar.tsx";
import { temperatureTone } from "./temperature-tone.ts";

interface GpuLineProps {
  gpu: Gpu;
  unified: GpuPromise["unified"];
}

/** One GPU in the compact view. */
export const GpuLine = memo(function GpuLine({ gpu, unified }: GpuLineProps) {
  const m = useMessages();
  return (
    <section className="gpu-line" data-lost={gpu.lost} aria-label={`GPU ${gpu.index} ${gpu.name}`}>
      <div className="gpu-line-head">
        <span className="gpu-name" title={gpu.name}>
          <span className="badge">{gpu.index}</span> {gpu.name}
        </span>
        {gpu.lost ? (
          <span className="chip" data-tone="danger">
            {m.gpuLost}
          </span>
        ) : (
          <Figures gpu={gpu} />
        )}
      </div>
      <VramBar gpu={gpu} unified={unified} />
    </section>
  );
});

/** Temperature and utilization: one text, as long as the temperature needs no colour of its own. */
function Figures({ gpu }: { gpu: Gpu }) {
  const m = useMessages();
  const tone = temperatureTone(gpu.temperatureC);
  const temperature = withUnit(gpu.temperatureC, " °C");
  const utilization = withUnit(gpu.utilizationGpuPct, " %");
  return (
    <span className="gpu-line-figures" title={`${m.temperature} · ${m.utilization}`}>
      {tone === "normal" ? (
        `${temperature} · ${utilization}`
      ) : (
        <>
          <span data-level={tone}>{temperature}</span>
          {` · ${utilization}`}
        </>
      )}
    </span>
  );
}
