import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { percentOf } from "../../../shared/gpu/units.ts";
import { usedPctOf, type Vram } from "../../../shared/gpu/vram.ts";
import { gib, gibTotal, percent } from "../../i18n/format.ts";
import { useMessages, useReleaseWords } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import type { Capacity } from "../concurrency/use-capacity.ts";
import { levelClass, levelOf } from "../vram/level.ts";
import { usedOfAll } from "../vram/used-of-all.ts";
import { VramBar } from "../vram/VramBar.tsx";
import { BackendText } from "./BackendText.tsx";
import { foremost } from "./backend-tone.ts";
import { DetailsButton } from "./DetailsButton.tsx";
import { outlookOf } from "./outlook.ts";
import { ReleaseButton } from "./ReleaseButton.tsx";
import { ThenLine } from "./ThenLine.tsx";
import { useOutlook } from "./use-outlook.ts";

interface VramCardProps {
  capacity: Capacity | null;
  gpus: readonly Gpu[];
}

/** The second answer: how full it is, what a release gives back, and what it gave. */
export function VramCard({ capacity, gpus }: VramCardProps) {
  const m = useMessages();
  const words = useReleaseWords();
  const backends = usePanel(selectBackends).filter(({ kind }) => kind !== "demo");
  const { control, outlook } = useOutlook(capacity, outlookOf);
  const all = usedOfAll(gpus, capacity?.promises ?? []);
  const share = usedPctOf(all.vram);
  const level = levelOf(share);
  const first = foremost(backends);
  return (
    <section className="card vram" aria-label={m.release.title}>
      <div className="r1">
        <h2 className="lb">{outlook.result !== null ? words?.measuredTitle : m.release.title}</h2>
        {outlook.result !== null || control.showResult ? (
          <button type="button" className="go muted" onClick={control.dismiss}>
            {words?.dismiss}
          </button>
        ) : (
          all.known < gpus.length && <span className="muted">{`${all.known} / ${gpus.length} GPU`}</span>
        )}
      </div>
      <div className="r2">
        {outlook.result !== null ? (
          <span className="ans cut" data-testid="release-result">
            {outlook.result}
          </span>
        ) : gpus.length === 0 ? (
          <i className="sk" />
        ) : (
          <>
            <span className={`ans now${levelClass(level)}`}>{percent(share)}</span>
            <span className="fig now cut">
              {`${gib(all.vram.usedMiB)} / ${gibTotal(all.vram.totalMiB)} GiB`}
              {level !== "calm" && <span className={level}> {m.level[level]}</span>}
            </span>
          </>
        )}
        {gpus.length > 0 && (
          <VramBar label={m.release.title} vram={all.vram} neededMiB={all.promised} reserveMiB={null}>
            {outlook.result !== null && <Ghost vram={all.vram} freedMiB={control.release.freedMiB ?? 0} />}
          </VramBar>
        )}
      </div>
      <div className="r3">
        <ReleaseButton control={control} outlook={outlook} />
        <ThenLine outlook={outlook} className="" />
      </div>
      <div className="r4">
        {first !== undefined && words !== null && <BackendText backend={first} words={words} />}
        {backends.length > 1 && <span className="muted">+{backends.length - 1}</span>}
        {(outlook.hasDetails || backends.length > 1) && <DetailsButton control={control} />}
      </div>
    </section>
  );
}

/** What the last release has given back, beside what is in use. */
function Ghost({ vram, freedMiB }: { vram: Vram; freedMiB: number }) {
  const left = usedPctOf(vram) ?? 0;
  const width = Math.min(percentOf(freedMiB, vram.totalMiB) ?? 0, 100 - left);
  return (
    width > 0 && <i className="g" style={{ left: `${left.toFixed(1)}%`, width: `${width.toFixed(1)}%` }} />
  );
}
