import { Suspense, useRef } from "react";
import { useMessages } from "../../i18n/use-messages.ts";
import { ReleaseIcon } from "../../ui/icons.tsx";
import { laterPart } from "../later-part.ts";
import type { Outlook } from "./outlook.ts";
import type { ReleaseControl } from "./use-release.ts";

const Confirm = laterPart("Confirm");
const ButtonContent = laterPart("ButtonContent");

interface ReleaseButtonProps {
  control: ReleaseControl;
  outlook: Outlook;
  /** For one line: short words. */
  brief?: boolean;
  /** In small views the result stands in the button's own box. */
  withResult?: boolean;
}

/** The button, with what a release will bring in it. It never moves: what follows its press lies over the page. */
export function ReleaseButton({ control, outlook, brief = false, withResult = false }: ReleaseButtonProps) {
  const m = useMessages();
  const { button, tone, estimate, say } = outlook;
  const place = useRef<HTMLButtonElement>(null);
  const name = brief ? m.release.short : m.release.button;
  const cancels = button?.does === "cancel";
  const plain = (
    <>
      <ReleaseIcon />
      <span className="cut">{name}</span>
      {estimate !== null && <span className="est">{estimate}</span>}
    </>
  );
  return (
    <>
      <button
        ref={place}
        type="button"
        className="btn rel"
        data-tone={tone}
        disabled={!cancels && !outlook.offers && (!control.enabled || button !== null)}
        aria-expanded={control.asking}
        title={say?.text}
        onClick={cancels ? control.cancelWaiting : control.asking ? control.cancel : control.ask}
      >
        {button !== null || (withResult && outlook.result !== null) ? (
          <Suspense fallback={plain}>
            <ButtonContent outlook={outlook} name={name} />
          </Suspense>
        ) : (
          plain
        )}
      </button>
      {control.asking && (
        <Suspense>
          <Confirm control={control} anchor={place} />
        </Suspense>
      )}
    </>
  );
}
