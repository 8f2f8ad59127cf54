import { useState } from "react";
import * as v from "valibot";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { usePanelParts } from "../../store/use-panel.ts";

const takenSchema = replySchema(v.object({ id: v.string() }));

interface DriftProps {
  profile: Profile;
  drift: number;
  words: RoomWords["drift"];
}

/** Jobs here take more or less than is configured, and one click makes that the figure. */
export function Drift({ profile: { id }, drift, words }: DriftProps) {
  const { source } = usePanelParts();
  const wordsOf = useProblemWords();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const take = () =>
    void source
      .ask(takenSchema, (sidecar) => sidecar.emitWithAck("take-figure", { id }))
      .then((reply) => setRefusal(reply.ok ? null : reply));
  return (
    <span className="drift">
      {" "}
      {fillIn(drift > 0 ? words.more : words.less, { pct: Math.round(Math.abs(drift) * 100) })}{" "}
      <button type="button" className="go" onClick={take}>
        {words.take}
      </button>
      {refusal !== null && <span className="full">{wordsOf(refusal).message}</span>}
    </span>
  );
}
