import { useState } from "react";
import type { SettingsWords } from "../../i18n/settings/words.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { usePanelParts } from "../../store/use-panel.ts";
import { CopyLine } from "../gpus/CopyLine.tsx";
import { Choice } from "./Choice.tsx";
import { SNIPPET_KINDS, type SnippetKind, snippetOf } from "./snippets.ts";

/** The lines for another page, with the right address in them. */
export function Embed({ words }: { words: SettingsWords }) {
  const copy = useLater()?.trouble;
  const { address } = usePanelParts();
  const [kind, setKind] = useState<SnippetKind>("iframe");
  if (copy === undefined) return null;
  return (
    <>
      <Choice<SnippetKind>
        name={words.embed}
        chosen={kind}
        options={SNIPPET_KINDS.map((value) => ({ value, text: value }))}
        onChoose={setKind}
      />
      <div className="snippet">
        <CopyLine text={snippetOf(kind, address)} words={copy} />
      </div>
    </>
  );
}
