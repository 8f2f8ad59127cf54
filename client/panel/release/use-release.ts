import { useEffect, useState } from "react";
import type { Problem } from "../../../shared/problems/problem.ts";
import { isReleasing, type Release, type ReleaseMode } from "../../../shared/release/release.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectFresh, selectRelease } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

const selectBootId = ({ known }: PanelState) => known?.bootId ?? null;
const selectPermission = ({ known }: PanelState) => known?.capabilities.release ?? null;
/** What stands against it. What a page brings with it was not said to this viewer: whether he may is known with the connection. */
export const selectBlockedBy = ({ known, connection }: Pick<PanelState, "known" | "connection">) => {
  const problem = known?.capabilities.release.problem ?? null;
  return connection.status === "connecting" && problem !== null && OF_VIEWER.has(problem.code)
    ? null
    : problem;
};
const OF_VIEWER: ReadonlySet<string> = new Set(["not-allowed", "not-direct"]);
const selectLive = ({ connection }: PanelState) => connection.status === "live";
/** What a release has to wait for: it goes over a live connection, and is measured by samples. */
const selectMissing = (state: PanelState): ReleaseControl["missing"] => {
  const { connection, known } = state;
  if (known === null || connection.status === "connecting" || selectFresh(state)) return null;
  return connection.status === "offline" || connection.status === "refused" ? "connection" : "samples";
};

/** What the release control shows and does. */
export interface ReleaseControl {
  release: Release;
  releasing: boolean;
  /** The button may be pressed. */
  enabled: boolean;
  /** Why this viewer may not press it. */
  blockedBy: Problem | null;
  /** The only backend it would release; all of them without it. */
  own: string | undefined;
  /** What is missing at present, so that nobody can. */
  missing: "connection" | "samples" | null;
  /** The sidecar would not take the last demand. */
  refusal: Problem | null;
  asking: boolean;
  ask(): void;
  cancel(): void;
  /** @param backend one backend alone; `null` for all of them */
  confirm(mode: ReleaseMode, backend: string | null): void;
  /** This viewer may cancel a release that waits. */
  mayCancel: boolean;
  cancelWaiting(): void;
  /** The result is to be shown: it has not been dismissed. */
  showResult: boolean;
  dismiss(): void;
}

export function useRelease(): ReleaseControl {
  const { source } = usePanelParts();
  const release = usePanel(selectRelease);
  const bootId = usePanel(selectBootId);
  const permission = usePanel(selectPermission);
  const blockedBy = usePanel(selectBlockedBy);
  const live = usePanel(selectLive);
  const fresh = usePanel(selectFresh);
  const missing = usePanel(selectMissing);
  const [asking, setAsking] = useState(false);
  const [sending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const releasing = isReleasing(release) || sending;
  // A question that stood open while somebody else released must not come back with another job running.
  useEffect(() => {
    if (releasing) setAsking(false);
  }, [releasing]);
  // What was refused concerned the state before.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each change of these, not of what is set
  useEffect(() => setRefusal(null), [release.id, release.state]);
  const permitted = live && permission?.allowed === true;

  return {
    release,
    releasing,
    enabled: permitted && fresh && !releasing,
    blockedBy,
    own: permission?.own,
    missing,
    refusal,
    asking: asking && !releasing,
    ask() {
      setRefusal(null);
      setAsking(true);
    },
    cancel: () => setAsking(false),
    confirm(mode, backend) {
      if (bootId === null) return;
      setAsking(false);
      setSending(true);
      void source.release({ mode, bootId, ...(backend === null ? {} : { backend }) }).then((reply) => {
        setSending(false);
        if (!reply.ok) setRefusal(reply);
      });
    },
    mayCancel: permitted && release.waiting?.cancellable === true,
    cancelWaiting() {
      if (release.id === null) return;
      void source.cancelRelease(release.id).then((reply) => {
        if (!reply.ok) setRefusal(reply);
      });
    },
    showResult:
      release.id !== null &&
      release.id !== dismissed &&
      (release.state === "done" || release.state === "failed"),
    dismiss() {
      setDismissed(release.id);
      setRefusal(null);
    },
  };
}
