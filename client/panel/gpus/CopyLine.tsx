import { useState } from "react";

interface CopyLineProps {
  /** Where it is to be typed. */
  name?: string;
  text: string;
  words: { copy: string; copied: string };
}

/** A command with a button that copies it. */
export function CopyLine({ name, text, words }: CopyLineProps) {
  const [copied, setCopied] = useState<string | null>(null);
  // A page that was not opened by https or on this machine has no clipboard: the text can be marked.
  const canCopy = navigator.clipboard !== undefined;
  return (
    <div className="copy">
      {name !== undefined && <span className="where muted">{name}</span>}
      <code>{text}</code>
      {canCopy && (
        <button
          type="button"
          className="btn"
          aria-label={`${words.copy}: ${text}`}
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setCopied(text),
              () => {},
            )
          }
        >
          {copied === text ? words.copied : words.copy}
        </button>
      )}
    </div>
  );
}
