import { useContext, useEffect, useState } from "react";
import { type Reply, replySchema } from "../../../shared/protocol/reply.ts";
import { sayWhatIf } from "../../../shared/what-if/say.ts";
import { type WhatIf as Answer, DEFAULT_DAYS, whatIfSchema } from "../../../shared/what-if/what-if.ts";
import type { WhatIfWords } from "../../../shared/what-if/words.ts";
import { whatIfEn } from "../../../shared/what-if/words-en.ts";
import { whatIfZhCn } from "../../../shared/what-if/words-zh-cn.ts";
import { moment } from "../../i18n/durations.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { usePanelParts } from "../../store/use-panel.ts";
import { LookContext } from "../settings/look.ts";

const replyOfWhatIf = replySchema(whatIfSchema);
/** The record of a week is read beside everything else that the sidecar does. */
const PATIENCE_MS = 180_000;

/** What waiting for room would have changed, and each out-of-memory with who took VRAM before it; asked for when opened. */
export default function WhatIf() {
  const { language } = useContext(LookContext);
  const words = language === "zh-CN" ? whatIfZhCn : whatIfEn;
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="go what-if" aria-expanded={open} onClick={() => setOpen(!open)}>
        {words.title}
      </button>
      {open && <Told words={words} />}
    </>
  );
}

function Told({ words }: { words: WhatIfWords }) {
  const { language } = useContext(LookContext);
  const { source } = usePanelParts();
  const sayProblem = useProblemWords();
  const [reply, setReply] = useState<Reply<Answer> | null>(null);
  useEffect(() => {
    let isWanted = true;
    void source
      .ask(replyOfWhatIf, (sidecar) => sidecar.emitWithAck("what-if", { days: DEFAULT_DAYS }), PATIENCE_MS)
      .then((told) => {
        if (isWanted) setReply(told);
      });
    return () => {
      isWanted = false;
    };
  }, [source]);
  if (reply === null) return <p className="muted">{words.reading}</p>;
  if (!reply.ok) return <p role="alert">{sayProblem(reply).message}</p>;
  const { summary, collisions } = sayWhatIf(reply.data, words, (ms) => moment(ms, language));
  return (
    <section className="told" role="status">
      <p>{summary}</p>
      {collisions.length > 0 && (
        <ul className="collisions">
          {reply.data.collisions.map(({ id }, i) => (
            <li key={id}>{collisions[i]}</li>
          ))}
        </ul>
      )}
    </section>
  );
}
