import { useContext, useRef } from "react";
import { mibToGib } from "../../../shared/gpu/units.ts";
import { useLater, useProblemWords } from "../../i18n/use-messages.ts";
import { usePanelParts } from "../../store/use-panel.ts";
import { Notice } from "../../ui/Notice.tsx";
import { useWidth } from "../../ui/use-width.ts";
import { LookContext } from "../settings/look.ts";
import { HistoryChart } from "./HistoryChart.tsx";
import { PastLoading } from "./PastLoading.tsx";
import { pastPoints } from "./past-points.ts";
import type { Card, Metric } from "./series.ts";
import { usePast } from "./use-past.ts";
import { LONGEST_WITH_JOBS_MS } from "./zooms.ts";

interface PastTimelineProps {
  gpus: readonly Card[];
  metric: Metric;
  windowMs: number;
}

const NARROW_PX = 480;
/** Their words are about releases. */
const UNREACHED: ReadonlySet<string> = new Set(["sidecar-unreachable", "sidecar-silent"]);
const POINTS = 240;
const NARROW_POINTS = 120;

/** The same over hours or days, asked of the sidecar. */
export default function PastTimeline({ gpus, metric, windowMs }: PastTimelineProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <div className="timeline-body" ref={frame}>
      {width > 0 && (
        <PastBody
          gpus={gpus}
          metric={metric}
          windowMs={windowMs}
          width={width}
          points={width < NARROW_PX ? NARROW_POINTS : POINTS}
        />
      )}
    </div>
  );
}

function PastBody(props: PastTimelineProps & { width: number; points: number }) {
  const { gpus, metric, windowMs, width, points } = props;
  const words = useLater()?.timeline;
  const problemWords = useProblemWords();
  const { language } = useContext(LookContext);
  const { store } = usePanelParts();
  const { answer, problem, retry } = usePast(gpus.map(({ uuid }) => uuid).join(), windowMs, points);
  const failed = problem !== null && words !== undefined && (
    <Notice tone="warning" title={words.pastFailed}>
      {UNREACHED.has(problem.code)
        ? words.pastUnreached
        : `${problemWords(problem).message} ${problemWords(problem).advice}`}{" "}
      <button type="button" className="btn" onClick={retry}>
        {words.retry}
      </button>
    </Notice>
  );
  if (answer === null || words === undefined) return failed || <PastLoading />;
  const series = gpus.flatMap((gpu) => {
    const history = answer.gpus.find(({ uuid }) => uuid === gpu.uuid);
    if (history === undefined) return [];
    const drawn = pastPoints(history, answer.fromMs, answer.pointMs);
    return [{ index: gpu.index, totalGib: mibToGib(gpu.memoryTotalMiB), points: drawn }];
  });
  const isEmpty = series.every(({ points: drawn }) =>
    drawn.every(({ vramGib, utilizationPct }) => vramGib === null && utilizationPct === null),
  );
  return (
    <>
      {failed}
      {answer.problem !== null && (
        <Notice tone="warning" title={problemWords(answer.problem).message}>
          {problemWords(answer.problem).advice}
        </Notice>
      )}
      {isEmpty ? (
        <p className="muted">{words.pastEmpty}</p>
      ) : (
        <HistoryChart
          gpus={series}
          metric={metric}
          fromMs={answer.fromMs}
          toMs={answer.toMs}
          width={width}
          words={words}
          language={language}
          runs={windowMs <= LONGEST_WITH_JOBS_MS ? (store.get().known?.runs ?? []) : []}
          hasBands
        />
      )}
    </>
  );
}
