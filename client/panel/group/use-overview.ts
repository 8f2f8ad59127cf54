import { type RefObject, useEffect, useState } from "react";
import { type GroupOverview, groupOverviewSchema } from "../../../shared/protocol/group-overview.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { selectConnection } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

const REPLY = replySchema(groupOverviewSchema);
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
    async function ask() {
      if (asking || document.visibilityState !== "visible") return;
      asking = true;
      const reply = await source.ask(REPLY, (sidecar) => sidecar.emitWithAck("group-overview", { profile }));
      asking = false;
      if (current && reply.ok) setOverview(reply.data);
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

function useOnScreen(place: RefObject<Element | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new IntersectionObserver((entries) => setSeen(entries.at(-1)?.isIntersecting === true));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place]);
  return seen;
}
