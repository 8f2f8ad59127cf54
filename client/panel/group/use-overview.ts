import { type RefObject, useEffect, useState } from "react";
import * as v from "valibot";
import {
  type GroupOverview,
  type OverviewAnswer,
  overviewAnswerSchema,
  overviewOfTold,
  type ToldOverview,
  toldOverviewSchema,
} from "../../../shared/protocol/group-overview.ts";
import { patched } from "../../../shared/protocol/json-diff.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { selectConnection } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { useOnScreen } from "./use-on-screen.ts";

const REPLY = replySchema(overviewAnswerSchema);
/** Between two asks: rows of hosts are looked over, not watched. */
const EVERY_MS = 2000;

/** The hosts as they were told last (`null`: not yet), asked for while `place` is on screen. */
export function useOverview(place: RefObject<Element | null>, profile: string | null): GroupOverview | null {
  const { source } = usePanelParts();
  const live = usePanel(selectConnection).status === "live";
  const seen = useOnScreen(place);
  const [overview, setOverview] = useState<GroupOverview | null>(null);
  useEffect(() => {
    if (!seen) return;
    let current = true;
    let asking = false;
    let known: Known | null = null;
    async function ask() {
      if (asking || document.visibilityState !== "visible") return;
      asking = true;
      const request = { profile, ...(known === null ? {} : { since: known.n }) };
      const reply = await source.ask(REPLY, (sidecar) => sidecar.emitWithAck("group-overview", request));
      asking = false;
      if (!current || !reply.ok) return;
      known = told(known, reply.data);
      if (known !== null) setOverview(overviewOfTold(known.overview));
    }
    void ask();
    const timer = live ? setInterval(() => void ask(), EVERY_MS) : undefined;
    return () => {
      current = false;
      clearInterval(timer);
    };
  }, [seen, live, source, profile]);
  return overview;
}

interface Known {
  n: number;
  overview: ToldOverview;
}

/** The overview after an answer; `null` where its differences make no sense, so that it is all asked for anew. */
function told(before: Known | null, answer: OverviewAnswer): Known | null {
  if (!("changes" in answer)) return { n: answer.n, overview: answer };
  const next = v.safeParse(toldOverviewSchema, patched(before?.overview, answer.changes));
  return next.success ? { n: answer.n, overview: next.output } : null;
}
