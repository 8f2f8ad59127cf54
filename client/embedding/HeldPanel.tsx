import { useEffect, useRef, useState } from "react";
import { HISTORY_WINDOW_MS } from "../../shared/history/row.ts";
import type { PanelSnapshot, Release } from "../../shared/public-types.ts";
import type { SharedParts } from "../store/shared-parts.ts";
import type { PanelParts } from "../store/use-panel.ts";
import { sidecarAddress } from "./browser-parts.ts";
import { ChosenPanel } from "./ChosenPanel.tsx";
import type { PanelOptions } from "./panel-options.ts";
import { createMemory } from "./remember.ts";
import { watchSnapshots } from "./snapshot.ts";
import { useChoices } from "./use-choices.ts";

interface HeldPanelProps {
  connections: SharedParts;
  url: string;
  token: string | null;
  options: PanelOptions;
  onState: ((snapshot: PanelSnapshot) => void) | undefined;
  onRelease: ((release: Release) => void) | undefined;
}

/** A panel in somebody else's page: it holds its share of a connection for as long as it is mounted. */
export function HeldPanel({ connections, url, token, options, onState, onRelease }: HeldPanelProps) {
  const [memory] = useState(() => createMemory(() => localStorage));
  const choices = useChoices(options, memory);
  const [parts, setParts] = useState<PanelParts | null>(null);
  // Only the full view shows more than the present.
  const historyMs = (options.view ?? "full") === "full" ? HISTORY_WINDOW_MS : 0;
  const firstHistoryMs = useRef(historyMs);
  firstHistoryMs.current = historyMs;

  useEffect(() => {
    const baseUrl = sidecarAddress(url, document.baseURI);
    const lease = connections.lease({ baseUrl, token, historyMs: firstHistoryMs.current });
    setParts(lease.parts);
    return () => {
      lease.end();
      setParts(null);
    };
  }, [connections, url, token]);
  useEffect(() => parts?.source.wantHistory(historyMs), [parts, historyMs]);

  // A page may pass new functions with every render; the latest are called.
  const listeners = useRef({ onState, onRelease });
  useEffect(() => {
    listeners.current = { onState, onRelease };
  });
  useEffect(() => {
    if (parts === null) return;
    return watchSnapshots(
      parts.store,
      (snapshot) => listeners.current.onState?.(snapshot),
      (release) => listeners.current.onRelease?.(release),
    );
  }, [parts]);

  // The key: what one sidecar was asked about is no business of the next.
  return parts === null ? null : (
    <ChosenPanel key={`${url} ${token}`} parts={parts} options={options} choices={choices} />
  );
}
