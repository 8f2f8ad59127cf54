import { lazy, Suspense } from "react";
import { useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { selectConnection, selectSource } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { Notice } from "../../ui/Notice.tsx";

const ReplayBar = lazy(() => import("../replay/ReplayBar.tsx"));

/** Everything that makes the figures other than live and real: the demo, the connection, the source. */
export function Notices() {
  const m = useMessages();
  const wordsOf = useProblemWords();
  const connection = usePanel(selectConnection);
  const source = usePanel(selectSource);
  const refused = connection.problem === null ? null : wordsOf(connection.problem);
  const problem = source?.problem == null ? null : wordsOf(source.problem);
  return (
    <>
      {source?.demoReason != null && (
        <Notice
          tone="demo"
          title={
            <>
              <span className="demo-label">{m.demo.label}</span>{" "}
              {source.demoReason === "no-nvidia-smi" ? m.demo.noNvidiaSmi : m.demo.askedFor}
            </>
          }
        >
          {source.demoReason === "no-nvidia-smi" ? m.demo.advice : undefined}
        </Notice>
      )}
      {source?.replay !== undefined && (
        <Suspense>
          <ReplayBar replay={source.replay} />
        </Suspense>
      )}
      {connection.status === "refused" && refused !== null && (
        <Notice tone="danger" title={refused.message}>
          {refused.advice}
        </Notice>
      )}
      {(connection.status === "offline" || connection.status === "stale") && (
        <Notice tone="warning" title={m.connection[connection.status]}>
          {m.connectionAdvice[connection.status]}
        </Notice>
      )}
      {connection.status !== "offline" && problem !== null && (
        <Notice
          tone={source?.status === "live" || source?.status === "stale" ? "warning" : "danger"}
          title={problem.message}
        >
          {problem.advice}
        </Notice>
      )}
    </>
  );
}
