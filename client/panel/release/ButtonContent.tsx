import { CheckIcon, CrossIcon } from "../../ui/later-icons.tsx";
import type { Outlook } from "./outlook.ts";

/** What stands in the button while a release goes on, and after one where there is no other place for it. */
export function ButtonContent({ outlook: { button, result }, name }: { outlook: Outlook; name: string }) {
  if (button !== null) {
    return (
      <>
        {button.does === "cancel" ? <CrossIcon /> : <span className="spin" />}
        <span className="cut">{button.text}</span>
      </>
    );
  }
  return (
    <>
      <CheckIcon />
      <span className="cut" data-testid="release-result">
        {result}
      </span>
      <span className="spoken-only">{name}</span>
    </>
  );
}
