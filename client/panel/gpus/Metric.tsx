import type { ReactNode } from "react";

interface MetricProps {
  icon: ReactNode;
  label: string;
  value: string;
  /** Beside the value, smaller. */
  note?: string | undefined;
  tone?: "normal" | "high" | "full";
  children?: ReactNode;
}

/** One figure of a GPU with its name. */
export function Metric({ icon, label, value, note, tone = "normal", children }: MetricProps) {
  return (
    <div className="metric" data-level={tone}>
      <dt>
        {icon}
        {label}
      </dt>
      <dd>
        <b>{value}</b>
        {note !== undefined && <span className="muted"> {note}</span>}
      </dd>
      {children}
    </div>
  );
}
