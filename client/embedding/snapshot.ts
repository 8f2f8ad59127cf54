import type { PanelSnapshot, Release } from "../../shared/public-types.ts";
import { isReleasing } from "../../shared/release/release.ts";
import type { PanelState } from "../store/panel-state.ts";
import type { PanelStore } from "../store/panel-store.ts";

/** What a panel shows, for the page around it. */
export function snapshotOf({ connection, known }: PanelState): PanelSnapshot {
  const { source, gpus, release } = known ?? { source: null, gpus: [], release: null };
  return { connection: connection.status, source, gpus, release };
}

/**
 * Tells the page around a panel what it shows, at once and whenever that changes, and how a release goes on.
 * A release that was over before the panel came is no news.
 */
export function watchSnapshots(
  store: PanelStore,
  onState: (snapshot: PanelSnapshot) => void,
  onRelease: (release: Release) => void,
): () => void {
  let last: Release | null = null;
  const publish = () => {
    const snapshot = snapshotOf(store.get());
    onState(snapshot);
    const { release } = snapshot;
    if (release === null || release === last) return;
    const news = last === null ? isReleasing(release) : JSON.stringify(release) !== JSON.stringify(last);
    last = release;
    if (news) onRelease(release);
  };
  publish();
  return store.subscribe(publish);
}
