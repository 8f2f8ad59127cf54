import { memo } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { usedPctOf, vramOf } from "../../../shared/gpu/vram.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { gib, gibTotal, percent, withUnit } from "../../i18n/format.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { levelClass, levelOf } from "../vram/level.ts";
import { VramBar } from "../vram/VramBar.tsx";
import { temperatureTone, utilizationTone } from "./temperature-tone.ts";

interface GpuLineProps {
  gpu: Gpu;
  known: GpuPromise | undefined;
  /** In one line. */
  brief: boolean;
}

/** One GPU in the compact view. */
export const GpuLine = memo(function GpuLine({ gpu, known, brief }: GpuLineProps) {
  const m = useMessages();
  const vram = vramOf(gpu, known?.unified);
  const share = usedPctOf(vram);
  const hot = temperatureTone(gpu.temperatureC);
  const idle = utilizationTone(gpu.utilizationGpuPct, known?.running ?? null);
  const temperature = withUnit(gpu.temperatureC, brief ? "°" : "°C");
  const utilization = withUnit(gpu.utilizationGpuPct, "%");
  return (
    <section
      className={brief ? "cr one" : "cr"}
      data-lost={gpu.lost}
      aria-label={`GPU ${gpu.index} ${gpu.name}`}
    >
      <span className="ix">{gpu.index}</span>
      <span className="br">
        <VramBar
          label={`${m.vram} GPU ${gpu.index}`}
          vram={vram}
          neededMiB={known?.promisedMiB ?? 0}
          reserveMiB={known?.reserveMiB ?? null}
        />
      </span>
      <span className={`pc now${levelClass(levelOf(share))}`} aria-hidden="true">
        {percent(share)}
      </span>
      {brief ? (
        <>
          <span className={`tc now ${hot}`}>
            <span className="spoken-only">{m.temperature} </span>
            {temperature}
          </span>
          <span className={`ut now ${idle}`}>
            <span className="spoken-only">{m.utilization} </span>
            {utilization}
          </span>
        </>
      ) : (
        <span className="sb">
          {gpu.lost ? (
            <span className="full">{m.gpuLost}</span>
          ) : (
            <>
              <span className={hot}>
                <span className="spoken-only">{m.temperature} </span>
                {temperature}
              </span>
              <span className={`cut ${idle}`}>
                <span className="lbl">{m.util} </span>
                {utilization}
              </span>
              <span>
                {`${gib(vram.usedMiB)}/${gibTotal(vram.totalMiB)}`}
                <span className="unit"> GiB</span>
              </span>
            </>
          )}
        </span>
      )}
    </section>
  );
});

/** Names of the figures, where each GPU has one line. */
export function GpuLineHead() {
  const m = useMessages();
  return (
    <div className="cr one th lb" aria-hidden="true">
      <span className="br">{m.vram}</span>
      <span className="pc" />
      <span className="tc">°C</span>
      <span className="ut">{m.util}</span>
    </div>
  );
}
