import { useCallback, useEffect, useState } from "react";
import * as v from "valibot";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { type Session, type SessionCommand, sessionSchema } from "../../../shared/sessions/session.ts";
import { useProblemWords } from "../../i18n/use-messages.ts";
import { selectConnection } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

const REPLY = replySchema(v.array(sessionSchema));
/** While the list is open. */
const REFRESH_MS = 5000;

/** The sessions, newest first (`null`: not loaded yet), and what changes them. */
export function useSessions() {
  const { source } = usePanelParts();
  const wordsOf = useProblemWords();
  const live = usePanel(selectConnection).status === "live";
  const [sessions, setSessions] = useState<readonly Session[] | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);

  const ask = useCallback(
    async (command: SessionCommand) => {
      const reply = await source.ask(REPLY, (sidecar) => sidecar.emitWithAck("sessions", command));
      if (reply.ok) setSessions(reply.data);
      return reply;
    },
    [source],
  );
  useEffect(() => {
    if (!live) return;
    void ask({ action: "list" });
    const timer = setInterval(() => void ask({ action: "list" }), REFRESH_MS);
    return () => clearInterval(timer);
  }, [live, ask]);

  return {
    sessions,
    live,
    refusal,
    async act(command: SessionCommand) {
      const reply = await ask(command);
      setRefusal(reply.ok ? null : wordsOf(reply).message);
    },
  };
}
