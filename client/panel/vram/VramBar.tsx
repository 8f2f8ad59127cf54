import type { ReactNode } from "react";
import { percentOf, roundPercent } from "../../../shared/gpu/units.ts";
import { usedPctOf, type Vram } from "../../../shared/gpu/vram.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { levelOf } from "./level.ts";

/** The safety line, unless what is kept free begins before it. */
const SAFE_PCT = 95;

interface VramBarProps {
  label: string;
  vram: Vram;
  /** Free now, but running jobs will still take it. */
  neededMiB: number;
  reserveMiB: number | null;
  /** More to be drawn on it. */
  children?: ReactNode;
}

const px = (share: number) => `${Math.max(0, Math.min(100, share)).toFixed(1)}%`;

/** How full VRAM is. Changes in steps: an animation would repaint all the time. */
export function VramBar({ label, vram, neededMiB, reserveMiB, children }: VramBarProps) {
  const m = useMessages();
  const share = usedPctOf(vram);
  const level = levelOf(share);
  const of = (mib: number) => percentOf(mib, vram.totalMiB) ?? 0;
  const driver = of(vram.driverMiB ?? 0);
  const now = share === null ? undefined : roundPercent(share);
  const words =
    now === undefined ? m.notReported : level === "calm" ? undefined : `${now}%, ${m.level[level]}`;
  return (
    <span
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={now}
      aria-valuetext={words}
      data-level={level}
    >
      {share !== null && (
        <>
          <i className="u" style={{ transform: `scaleX(${(share / 100).toFixed(3)})` }} />
          {neededMiB > 0 && (
            <i
              className="n"
              style={{
                clipPath: `inset(0 ${px(Math.max(driver, 100 - share - of(neededMiB)))} 0 ${px(share)})`,
              }}
            />
          )}
          {children}
          <i className="s" style={{ left: px(Math.min(SAFE_PCT, 100 - driver - of(reserveMiB ?? 0))) }} />
        </>
      )}
    </span>
  );
}
