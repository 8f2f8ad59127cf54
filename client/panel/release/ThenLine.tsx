import type { Outlook } from "./outlook.ts";

interface ThenLineProps {
  outlook: Outlook;
  className: string;
}

/** The line at the button: what is going on, what came of it, or what would come after. */
export function ThenLine({ outlook: { say, after }, className }: ThenLineProps) {
  return (
    <span
      className={`${className} say`}
      data-tone={say?.tone}
      title={say?.text}
      aria-live="polite"
      data-testid={say !== null && say.tone !== "good" ? "release-result" : undefined}
    >
      {say === null ? after : <span className={say.tone === "bad" ? "up" : undefined}>{say.text}</span>}
    </span>
  );
}
