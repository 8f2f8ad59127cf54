import type { ReactNode } from "react";

interface NoticeProps {
  tone: "warning" | "danger";
  title: ReactNode;
  children?: ReactNode;
}

/** That something is other than it should be, and what to do. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <p role={tone === "danger" ? "alert" : "status"}>
      <b className={`up ${tone === "danger" ? "full" : "warm"}`}>{title}</b> {children}
    </p>
  );
}
