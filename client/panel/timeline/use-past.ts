import { useEffect, useState } from "react";
import { type HistoryAnswer, historyAnswerSchema } from "../../../shared/history/series.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

/** What is known of a stretch of the past. */
export interface Past {
  /** `null` until the first answer has come. */
  answer: HistoryAnswer | null;
  /** Why the last question was not answered. */
  problem: Problem | null;
  retry(): void;
}

/** A long stretch changes slowly on the screen, a point at a time. */
const SHORTEST_REST_MS = 30_000;
const LONGEST_REST_MS = 300_000;
const answers = replySchema(historyAnswerSchema);
const selectLive = ({ connection }: PanelState) => connection.status === "live";
/** Another one after a restart, and when a recording goes to another moment. */
const selectBoot = ({ known }: PanelState) => known?.bootId;

/**
 * Asks for the last `windowMs` of these GPUs (UUIDs with commas), and again whenever about a point more of it has passed.
 * @param points how many points at most
 */
export function usePast(uuids: string, windowMs: number, points: number): Past {
  const { source } = usePanelParts();
  const live = usePanel(selectLive);
  const bootId = usePanel(selectBoot);
  const wanted = `${uuids} ${windowMs}`;
  const [attempt, setAttempt] = useState(0);
  const [known, setKnown] = useState<{ of: string; answer: HistoryAnswer } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: an attempt more is asked for by `retry`
  useEffect(() => {
    let current = true;
    async function ask() {
      const reply = await source.ask(answers, (sidecar) =>
        sidecar.emitWithAck("history", { gpu: uuids, from: -windowMs, points }),
      );
      if (!current) return;
      setProblem(reply.ok ? null : reply);
      if (reply.ok) setKnown({ of: wanted, answer: reply.data });
    }
    setProblem(null);
    void ask();
    const restMs = Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, windowMs / points));
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void ask();
    }, restMs);
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [source, uuids, windowMs, points, wanted, live, bootId, attempt]);
  return {
    answer: known?.of === wanted ? known.answer : null,
    problem,
    retry: () => setAttempt((n) => n + 1),
  };
}
