import { lazy, type ReactNode } from "react";
import { useMessages } from "../../i18n/use-messages.ts";
import { PopButton } from "../../ui/PopButton.tsx";
import type { ReleaseControl } from "./use-release.ts";

const ReleaseDetails = lazy(() => import("./ReleaseDetails.tsx"));

interface DetailsButtonProps {
  control: ReleaseControl;
  className?: string;
  /** In place of the word. */
  shown?: ReactNode;
  /** Above the details. */
  children?: ReactNode;
}

/** Opens what a release has to tell beyond a line. */
export function DetailsButton({ control, className = "go push", shown, children }: DetailsButtonProps) {
  const { details } = useMessages().release;
  return (
    <PopButton
      className={className}
      name={shown === undefined ? undefined : details}
      label={details}
      wide
      shown={shown ?? details}
    >
      {(close) => (
        <>
          {children}
          <ReleaseDetails
            control={control}
            onDismiss={() => {
              close();
              control.dismiss();
            }}
          />
        </>
      )}
    </PopButton>
  );
}
