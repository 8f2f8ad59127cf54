import { useEffect, useState } from "react";
import {
  type HandoverSetup,
  handoverSetupSchema,
  type SetHandover,
} from "../../../shared/handover/handover-settings.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { type Reply, replySchema } from "../../../shared/protocol/reply.ts";
import { usePanelParts } from "../../store/use-panel.ts";

const setupReply = replySchema(handoverSetupSchema);

/** What is set of the hand-over, and how to set it. @param wanted asked for only then, and anew when it changes */
export function useHandoverSetup(wanted: string | false): {
  setup: HandoverSetup | null;
  refusal: Problem | null;
  set(change: SetHandover): void;
} {
  const { source } = usePanelParts();
  const [setup, setSetup] = useState<HandoverSetup | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  useEffect(() => {
    if (wanted === false) return;
    let isOpen = true;
    void source
      .ask(setupReply, (sidecar) => sidecar.emitWithAck("handover-settings"))
      .then((reply) => {
        if (isOpen && reply.ok) setSetup(reply.data);
      });
    return () => {
      isOpen = false;
    };
  }, [source, wanted]);
  const take = (reply: Reply<HandoverSetup>) => {
    if (reply.ok) setSetup(reply.data);
    setRefusal(reply.ok ? null : reply);
  };
  return {
    ...{ setup, refusal },
    set: (change) =>
      void source.ask(setupReply, (sidecar) => sidecar.emitWithAck("set-handover", change)).then(take),
  };
}
