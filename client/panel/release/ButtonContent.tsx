import { selectRelease } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { CheckIcon, CrossIcon, InfoIcon } from "../../ui/later-icons.tsx";
import type { Outlook } from "./outlook.ts";

/** What stands in the button while a release goes on, and after one where there is no other place for it. */
export function ButtonContent({ outlook: { button, result }, name }: { outlook: Outlook; name: string }) {
  const { freedMiB } = usePanel(selectRelease);
  if (button !== null) {
    return (
      <>
        {button.does === "cancel" ? <CrossIcon /> : <span className="spin" />}
        <span className="cut told">{button.text}</span>
      </>
    );
  }
  return (
    <>
      {(freedMiB ?? 0) > 0 ? <CheckIcon /> : <InfoIcon />}
      <span className="cut told" data-testid="release-result">
        {result}
      </span>
      <span className="spoken-only">{name}</span>
    </>
  );
}
