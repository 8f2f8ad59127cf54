interface ProgressBarProps {
  /** 0–100, or `null` when unknown. */
  percent: number | null;
  label: string;
  /** Spoken in place of the percent where there is none. */
  unknownText: string;
}

/** A bar that says how full something is. Changes in steps: an animation would repaint all the time. */
export function ProgressBar({ percent, label, unknownText }: ProgressBarProps) {
  const level = percent === null ? "unknown" : percent >= 97 ? "full" : percent >= 90 ? "high" : "normal";
  return (
    <div
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      data-level={level}
      {...(percent === null ? { "aria-valuetext": unknownText } : { "aria-valuenow": Math.round(percent) })}
    >
      <span className="bar-fill" style={{ transform: `translateX(${((percent ?? 0) - 100).toFixed(1)}%)` }} />
    </div>
  );
}
