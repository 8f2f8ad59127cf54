import type { ReactNode } from "react";

/** Small line icons, drawn for this panel; decoration only, so hidden from assistive technology. */
export function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}
