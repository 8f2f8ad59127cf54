import { useState } from "react";
import * as v from "valibot";
import type { Problem } from "../../../shared/problems/problem.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { selectMayAdopt } from "./offers.ts";

const replySchemaOfId = replySchema(v.object({ id: v.string() }));

type Wish = "adopt-backend" | "dismiss-backend" | "forget-backend";

/** Says what is to become of what was found. */
export function useFound() {
  const { source } = usePanelParts();
  const allowed = usePanel(selectMayAdopt);
  const [asking, setAsking] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  return {
    allowed,
    refusal,
    asking,
    async ask(wish: Wish, id: string) {
      setAsking(true);
      const reply = await source.ask(replySchemaOfId, (sidecar) => sidecar.emitWithAck(wish, { id }));
      setAsking(false);
      setRefusal(reply.ok ? null : reply);
    },
  };
}
