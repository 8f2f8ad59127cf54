import type { ReactNode } from "react";
import { WarningIcon } from "./icons.tsx";

interface NoticeProps {
  tone: "info" | "warning" | "danger" | "demo";
  title: ReactNode;
  children?: ReactNode;
}

/** A line across the panel that something is other than it should be. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className="notice" data-tone={tone} role={tone === "danger" ? "alert" : "status"}>
      <WarningIcon />
      <div className="notice-text">
        <strong>{title}</strong>
        {children !== undefined && <span> {children}</span>}
      </div>
    </div>
  );
}
