import { useEffect, useRef, useState } from "react";
import type { PanelState } from "../../store/panel-state.ts";
import { selectFresh } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

const selectNewest = ({ known }: PanelState) => known?.tMs ?? 0;

/** Seconds since the newest sample came, while the figures are old; `null` while they are not, or there were none. */
export function useAge(): number | null {
  const tMs = usePanel(selectNewest);
  const fresh = usePanel(selectFresh);
  const came = useRef({ tMs, at: performance.now() });
  if (came.current.tMs !== tMs) came.current = { tMs, at: performance.now() };
  const [, tick] = useState(0);
  useEffect(() => {
    if (fresh) return;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [fresh]);
  return fresh || tMs === 0 ? null : Math.round((performance.now() - came.current.at) / 1000);
}
