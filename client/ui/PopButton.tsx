import { lazy, type ReactNode, Suspense, useRef, useState } from "react";

// Not needed for the first figures.
const Pop = lazy(() => import("./Pop.tsx"));

interface PopButtonProps {
  className: string;
  /** Spoken name, where what is shown does not say it. */
  name?: string | undefined;
  /** Name of what opens. */
  label: string;
  wide?: boolean;
  shown: ReactNode;
  /** Made only while it is open: what nobody sees must cost nothing at every sample. */
  children: (close: () => void) => ReactNode;
}

/** A button and what it opens over the page. */
export function PopButton({ className, name, label, wide = false, shown, children }: PopButtonProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => setOpen(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={name}
        title={name}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {shown}
      </button>
      {open && (
        <Suspense>
          <Pop anchor={button} label={label} wide={wide} onClose={close}>
            {children(close)}
          </Pop>
        </Suspense>
      )}
    </>
  );
}
