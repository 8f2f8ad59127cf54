import { createContext, useContext, useEffect, useState } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Problem } from "../../../shared/problems/problem.ts";
import type { HostRow } from "../../../shared/protocol/group-overview.ts";
import type { GroupWords } from "../../i18n/group/words.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";

/** Who is told why a host did not take a release; `null`: it took it. */
export const RefusalContext = createContext<(problem: Problem | null) => void>(() => {});

/** So long is a first press remembered. */
const SURE_MS = 8000;

const selectBootId = ({ known }: PanelState) => known?.bootId ?? null;
/** What this viewer may do here it may do on other hosts; that this one has no backend of its own says nothing of them. */
const selectMayAct = ({ known, connection }: PanelState) => {
  const permission = known?.capabilities.release;
  if (permission === undefined || permission.own !== undefined || connection.status !== "live") return false;
  return permission.allowed || permission.problem?.code === "no-backend";
};

interface HostReleaseProps {
  host: Pick<HostRow, "id" | "name" | "status" | "release">;
  words: GroupWords["release"];
}

/** Releases VRAM of one host, with a second press: one that is missed would hit whoever works there. */
export function HostRelease({ host, words }: HostReleaseProps) {
  const { source } = usePanelParts();
  const bootId = usePanel(selectBootId);
  const mayAct = usePanel(selectMayAct);
  const refuse = useContext(RefusalContext);
  const [step, setStep] = useState<"none" | "sure" | "sent">("none");
  useEffect(() => {
    if (step !== "sure") return;
    const timer = setTimeout(() => setStep("none"), SURE_MS);
    return () => clearTimeout(timer);
  }, [step]);
  const { id, name, status, release } = host;
  if (release === "goes-on" || step === "sent") return words.goesOn;
  if (release === "none" || status !== "live" || !mayAct || bootId === null) return null;
  const isSure = step === "sure";

  function press() {
    if (bootId === null) return;
    if (!isSure) return setStep("sure");
    setStep("sent");
    void source.release({ mode: "auto", bootId, host: id }).then((reply) => {
      setStep("none");
      refuse(reply.ok ? null : reply);
    });
  }

  return (
    <button
      type="button"
      aria-label={fillIn(isSure ? words.sureOf : words.of, { host: name })}
      onClick={press}
      onBlur={() => setStep((now) => (now === "sure" ? "none" : now))}
    >
      {isSure ? words.sure : words.ask}
    </button>
  );
}
