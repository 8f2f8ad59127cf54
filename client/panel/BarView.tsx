import { lazy, Suspense } from "react";
import type { Gpu } from "../../shared/gpu/gpu.ts";
import { roundPercent } from "../../shared/gpu/units.ts";
import { usedPctOf, vramOf } from "../../shared/gpu/vram.ts";
import type { GpuPromise } from "../../shared/protocol/state.ts";
import { DASH, gib, gibTotal, percent, withUnit } from "../i18n/format.ts";
import { useLater, useMessages } from "../i18n/use-messages.ts";
import { Styles } from "../shadow/Styles.tsx";
import { selectWaiting } from "../store/selectors.ts";
import { usePanel } from "../store/use-panel.ts";
import css from "../styles/bar-view.css?inline";
import { DownIcon } from "../ui/icons.tsx";
import { CheckIcon, InfoIcon } from "../ui/later-icons.tsx";
import { PopButton } from "../ui/PopButton.tsx";
import { partsOf } from "../ui/quiet-part.ts";
import { View } from "../ui/View.tsx";
import { ProfilePicker } from "./concurrency/ProfilePicker.tsx";
import WhyPart from "./concurrency/WhyPart.tsx";
import { StatusPill } from "./connection/StatusPill.tsx";
import { useStateWord } from "./connection/use-state-word.ts";
import { temperatureTone } from "./gpus/temperature-tone.ts";
import { AlertSlot } from "./health/AlertSlot.tsx";
import { DetailsButton } from "./release/DetailsButton.tsx";
import { outlookOf } from "./release/outlook.ts";
import { ReleaseButton } from "./release/ReleaseButton.tsx";
import { useOutlook } from "./release/use-outlook.ts";
import type { ViewProps } from "./view-props.ts";
import { levelOf } from "./vram/level.ts";

declare module "react" {
  interface CSSProperties {
    /** How far a cell is filled. */
    "--u"?: string;
  }
}

const NoGpus = lazy(() => import("./gpus/NoGpus.tsx"));

/** From here on a GPU has a number and little more. */
const TIGHT_FROM = 5;

/** One line of 32 px for the top or foot of a WebUI, always; what is more lies over the page. */
export default function BarView({ gpus, capacity }: ViewProps) {
  const m = useMessages();
  const waits = usePanel(selectWaiting);
  const canStart = capacity?.canStart ?? null;
  const { control, outlook } = useOutlook(capacity, outlookOf);
  const { word, dot } = useStateWord();
  const failed = outlook.say?.tone === "bad";
  const { before, n, after } = partsOf(m.concurrency.moreShort, canStart ?? DASH);
  return (
    <View className="bb">
      <Styles css={css} />
      <h1 className="spoken-only">{m.title}</h1>
      <StatusPill brief dotOnly />
      {gpus.length > 0 && (
        <>
          <span className="more">
            {capacity !== null && (
              <PopButton
                className="answer"
                label={m.concurrency.title}
                wide
                shown={
                  <>
                    {dot === undefined ? (
                      <span className="now">
                        {before}
                        <span data-testid="can-start">{n}</span>
                        {after}
                      </span>
                    ) : (
                      <span className="cut">{word}</span>
                    )}
                    <DownIcon />
                  </>
                }
              >
                {() => (
                  <>
                    <p>{outlook.verdict}</p>
                    <div>
                      <ProfilePicker chosen={capacity.profile.id} />
                    </div>
                    <WhyPart capacity={capacity} gpus={gpus.map(({ gpu }) => gpu)} />
                  </>
                )}
              </PopButton>
            )}
          </span>
          <span className={gpus.length < TIGHT_FROM ? "cells" : "cells tight"}>
            {gpus.map(({ gpu }, i) => (
              <Cell
                key={gpu.uuid}
                gpu={gpu}
                unified={capacity?.promises[i]?.unified ?? null}
                first={i === 0}
              />
            ))}
          </span>
          <span className="as">
            <AlertSlot watches />
            <span className="good" title={m.alerts.none}>
              <CheckIcon />
            </span>
          </span>
          <span className="ds">
            {(outlook.hasDetails || failed) && (
              <DetailsButton
                control={control}
                className={failed ? "full up" : "muted"}
                shown={failed ? "" : <InfoIcon />}
              >
                {outlook.say !== null && <p data-testid="release-result">{outlook.say.text}</p>}
              </DetailsButton>
            )}
          </span>
          <ReleaseButton control={control} outlook={outlook} brief withResult />
        </>
      )}
      {gpus.length === 0 && !waits && (
        <Suspense>
          <NoGpus />
        </Suspense>
      )}
    </View>
  );
}

interface CellProps {
  gpu: Gpu;
  unified: GpuPromise["unified"];
  first: boolean;
}

/** One GPU: filled as far as it is, the figures on it. */
function Cell({ gpu, unified, first }: CellProps) {
  const m = useMessages();
  const words = useLater()?.room;
  const vram = vramOf(gpu, unified);
  const share = usedPctOf(vram);
  const figures = `${gib(vram.usedMiB)} / ${gibTotal(vram.totalMiB)} GiB`;
  // One line has no room for the words; who points at a dash finds them.
  const why = unified !== null ? words?.unified : vram.totalMiB === null ? words?.unknownTotal : figures;
  return (
    <section
      className="cell"
      data-level={levelOf(share)}
      data-lost={gpu.lost}
      title={why === undefined ? gpu.name : `${gpu.name}: ${why}`}
      aria-label={`GPU ${gpu.index} ${gpu.name}`}
    >
      <span
        className="meter"
        role="progressbar"
        aria-label={`${m.vram} GPU ${gpu.index}`}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share === null ? undefined : roundPercent(share)}
        aria-valuetext={share === null ? m.notReported : undefined}
      >
        <i className="fill" style={{ "--u": `${(share ?? 0).toFixed(1)}%` }} />
      </span>
      <span className="ix">{gpu.index}</span>
      {gpu.lost ? (
        <span className="full cut">{m.gpuLost}</span>
      ) : (
        <>
          {first && <span className="opt">{m.vram}</span>}
          <span className="now strong" aria-hidden="true">
            {percent(share)}
          </span>
          <span className="opt opt2">{figures}</span>
          <span className={`end opt2 ${temperatureTone(gpu.temperatureC)}`}>
            <span className="spoken-only">{m.temperature} </span>
            {withUnit(gpu.temperatureC, "°")}
          </span>
          <span className="opt2 util">
            <span className="lbl">{m.util} </span>
            {withUnit(gpu.utilizationGpuPct, "%")}
          </span>
        </>
      )}
    </section>
  );
}
