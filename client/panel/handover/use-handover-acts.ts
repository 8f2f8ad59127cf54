import { useState } from "react";
import * as v from "valibot";
import { handoverSchema } from "../../../shared/handover/handover.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { type Reply, replySchema } from "../../../shared/protocol/reply.ts";
import { usePanelParts } from "../../store/use-panel.ts";

const handoverReply = replySchema(handoverSchema);
const idReply = replySchema(v.object({ id: v.string() }));

/** What a viewer can ask of the hand-over, and what the sidecar would not do. */
export function useHandoverActs() {
  const { source } = usePanelParts();
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const take = (reply: Reply<unknown>) => setRefusal(reply.ok ? null : reply);
  return {
    refusal,
    hold: () => void source.ask(handoverReply, (sidecar) => sidecar.emitWithAck("hold-card")).then(take),
    endHold: () => void source.ask(handoverReply, (sidecar) => sidecar.emitWithAck("end-hold")).then(take),
    postpone: (id: string) =>
      void source.ask(idReply, (sidecar) => sidecar.emitWithAck("postpone-handover", { id })).then(take),
  };
}
