import { lazy, memo, Suspense, useState } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { usedPctOf, vramOf } from "../../../shared/gpu/vram.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { GpuPromise } from "../../../shared/protocol/state.ts";
import { gib, gibTotal, percent, withUnit } from "../../i18n/format.ts";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { RightIcon } from "../../ui/later-icons.tsx";
import { CELL, group, ROW } from "../../ui/table-roles.ts";
import { RoomWord } from "../concurrency/RoomWord.tsx";
import type { GpuFit } from "../concurrency/use-capacity.ts";
import { levelClass, levelOf } from "../vram/level.ts";
import { VramBar } from "../vram/VramBar.tsx";
import { gpuName } from "./gpu-name.ts";
import { topHolder } from "./holder.ts";
import { Sparkline } from "./Sparkline.tsx";
import { temperatureTone, utilizationTone } from "./temperature-tone.ts";

const OpenedRow = lazy(() => import("./OpenedRow.tsx"));

interface GpuRowProps {
  gpu: Gpu;
  position: number;
  /** The recommendation for the chosen kind of job; `null`: there is none, or the figures are old. */
  capacity: GpuFit | null;
  known: GpuPromise;
  /** The model stands in the row, not in the head of the table. */
  named: boolean;
  critical: boolean;
}

/** One GPU in the full view; opens in place. */
export const GpuRow = memo(function GpuRow(props: GpuRowProps) {
  const { gpu, position, capacity, known, named, critical } = props;
  const m = useMessages();
  const words = useFullWords();
  const backends = usePanel(selectBackends);
  const [open, setOpen] = useState(false);
  const vram = vramOf(gpu, known.unified);
  const share = usedPctOf(vram);
  const holder = topHolder(gpu, backends);
  return (
    <div {...group(`GPU ${gpu.index} ${gpu.name}`)} data-lost={gpu.lost}>
      <div className={critical ? "gr crit" : "gr"} {...ROW}>
        <Cell area="ix">{gpu.index}</Cell>
        <Name
          name={named ? gpu.name : null}
          lost={gpu.lost}
          holder={
            holder === null
              ? gpu.processes === null || vram.usedMiB === null || vram.usedMiB > IN_USE_MIB
                ? ""
                : words.nothing
              : (holder.name ?? m.hiddenName)
          }
          held={holder?.usedMiB == null ? null : gib(holder.usedMiB)}
        />
        <span className="br" {...CELL}>
          <VramBar
            label={`${m.vram} GPU ${gpu.index}`}
            vram={vram}
            neededMiB={known.promisedMiB ?? 0}
            reserveMiB={known.reserveMiB}
          />
        </span>
        <Cell area="us">{`${gib(vram.usedMiB)} / ${gibTotal(vram.totalMiB)}`}</Cell>
        <Cell area="pc" figure={`now${levelClass(levelOf(share))}`}>
          {percent(share)}
        </Cell>
        <Cell area="tc" figure={`now ${temperatureTone(gpu.temperatureC)}`}>
          {withUnit(gpu.temperatureC, "°")}
        </Cell>
        <Cell area="ut" figure={`now ${utilizationTone(gpu.utilizationGpuPct, known.running)}`}>
          {withUnit(gpu.utilizationGpuPct, "%")}
        </Cell>
        <span className="sp" {...CELL}>
          <Sparkline position={position} />
        </span>
        <Cell area="pw">{withUnit(gpu.powerDrawW, " W")}</Cell>
        <Room canStart={capacity?.canStart ?? null} />
        <Opener open={open} name={fillIn(words.openGpu, { index: gpu.index })} onOpen={setOpen} />
      </div>
      {open && (
        <Suspense>
          <OpenedRow gpu={gpu} known={known} capacity={capacity} />
        </Suspense>
      )}
    </div>
  );
});

/** A desktop's own; more than that somebody holds, listed or not. */
const IN_USE_MIB = 1024;

interface CellProps {
  area: string;
  /** Classes of a figure. */
  figure?: string;
  children: string | number;
}

// What a sample does not change is not drawn anew with it: each part of a row goes by plain values.
const Cell = memo(function Cell({ area, figure, children }: CellProps) {
  return (
    <span className={area} {...CELL}>
      {figure === undefined ? children : <span className={`fig ${figure}`}>{children}</span>}
    </span>
  );
});

interface NameProps {
  name: string | null;
  lost: boolean;
  holder: string;
  /** What it holds. */
  held: string | null;
}

const Name = memo(function Name({ name, lost, holder, held }: NameProps) {
  const m = useMessages();
  return (
    <span className="nm" {...CELL}>
      {name !== null && (
        <b className="cut" title={name}>
          {gpuName(name)}
        </b>
      )}
      {lost ? (
        <span className="full">{m.gpuLost}</span>
      ) : (
        <span className="holder">
          <span className="cut" title={holder === "" ? undefined : holder}>
            {holder}
          </span>
          {held !== null && <span>{held}</span>}
        </span>
      )}
    </span>
  );
});

const Room = memo(function Room({ canStart }: { canStart: number | null }) {
  return (
    <span className="ch" {...CELL}>
      <RoomWord canStart={canStart} />
    </span>
  );
});

interface OpenerProps {
  open: boolean;
  name: string;
  onOpen(open: boolean): void;
}

const Opener = memo(function Opener({ open, name, onOpen }: OpenerProps) {
  return (
    <span className="op" {...CELL}>
      <button type="button" aria-expanded={open} aria-label={name} onClick={() => onOpen(!open)}>
        <RightIcon />
      </button>
    </span>
  );
});
