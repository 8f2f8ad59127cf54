import { type ReactNode, useState } from "react";

interface DisclosureProps {
  className: string;
  summary: string;
  /** Made only while it is open: what nobody sees must cost nothing at every sample. */
  children: () => ReactNode;
}

/** Something that is shown on demand. */
export function Disclosure({ className, summary, children }: DisclosureProps) {
  const [open, setOpen] = useState(false);
  return (
    <details className={className} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {open && children()}
    </details>
  );
}
