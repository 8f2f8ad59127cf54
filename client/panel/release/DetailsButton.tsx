import { lazy, type ReactNode } from "react";
import { useMessages, useReleaseWords } from "../../i18n/use-messages.ts";
import { selectBackends, selectFound } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { PopButton } from "../../ui/PopButton.tsx";
import { TakeOffer } from "./Offers.tsx";
import { offersOf, selectMayAdopt } from "./offers.ts";
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
  const words = useReleaseWords();
  const none = usePanel(selectBackends).length === 0;
  const [offer, ...others] = offersOf(usePanel(selectFound));
  const allowed = usePanel(selectMayAdopt);
  const isClear = none && offer?.adoptable === true && others.length === 0;
  if (shown === undefined && isClear && allowed && words !== null)
    return <TakeOffer className={className} words={words} />;
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
