import { useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { BackendState } from "../../../shared/release/backend.ts";
import { useProblemWords, useReleaseWords } from "../../i18n/use-messages.ts";
import { selectBackends, selectMayRelease } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import { backendName } from "./backend-name.ts";

/** Backends that cannot run a job after a release, each with the way back. */
export function Parked() {
  const parked = usePanel(selectBackends).filter((backend) => backend.parked);
  return parked.map((backend) => <ParkedBackend key={backend.id} backend={backend} />);
}

function ParkedBackend({ backend }: { backend: BackendState }) {
  const words = useReleaseWords();
  const wordsOf = useProblemWords();
  const { source } = usePanelParts();
  const allowed = usePanel(selectMayRelease);
  const [loading, setLoading] = useState(false);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  if (words === null) return null;
  async function prepare() {
    setLoading(true);
    const reply = await source.prepareBackend(backend.id);
    setLoading(false);
    setRefusal(reply.ok ? null : reply);
  }
  return (
    <div className="parked">
      <span>{fillIn(words.parked, { backend: backendName(backend) })}</span>
      <button type="button" className="btn" disabled={!allowed || loading} onClick={() => void prepare()}>
        {loading ? words.preparing : words.prepare}
      </button>
      {refusal !== null && <span className="refused">{wordsOf(refusal).message}</span>}
    </div>
  );
}
