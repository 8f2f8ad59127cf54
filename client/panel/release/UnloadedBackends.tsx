import { useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectBackends, selectMayRelease } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { backendName } from "./backend-name.ts";

const selectOwn = ({ known }: PanelState) => known?.capabilities.release.own;

/** Backends that have let go of their models, each with the way back. */
export function UnloadedBackends() {
  const unloaded = usePanel(selectBackends).filter(({ canLoad }) => canLoad);
  return unloaded.map((backend) => <Unloaded key={backend.id} backend={backend} />);
}

function Unloaded({ backend }: { backend: BackendState }) {
  const words = useReleaseWords();
  const wordsOf = useProblemWords();
  const { source } = usePanelParts();
  const allowed = usePanel(selectMayRelease);
  const own = usePanel(selectOwn) ?? backend.id;
  const [loading, setLoading] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  if (words === null) return null;
  async function load() {
    setLoading(true);
    const reply = await source.loadBackend(backend.id);
    setLoading(false);
    setRefusal(reply.ok ? null : reply);
  }
  return (
    <div className="parked">
      <span>{fillIn(backend.parked ? words.parked : words.unloaded, { backend: backendName(backend) })}</span>
      <button
        type="button"
        className="btn"
        disabled={!allowed || own !== backend.id || loading}
        onClick={() => void load()}
      >
        {loading ? words.preparing : words.prepare}
      </button>
      {refusal !== null && <span className="refused">{wordsOf(refusal).message}</span>}
    </div>
  );
}
