import { Suspense, useContext, useRef } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { useLater, useMessages, useProblemWords } from "../../i18n/use-messages.ts";
import { usePanelParts } from "../../store/use-panel.ts";
import { Notice } from "../../ui/Notice.tsx";
import { useWidth } from "../../ui/use-width.ts";
import { LookContext } from "../settings/look.ts";
import { CHART_FRAME, topOf } from "./geometry.ts";
import { TimelineChart } from "./lazy-chart.ts";
import { levelsOf } from "./levels.ts";
import { Marks } from "./Marks.tsx";
import { PastLoading } from "./PastLoading.tsx";
import { pastPoints } from "./past-points.ts";
import { pastAxis } from "./time-axis.ts";
import { usePast } from "./use-past.ts";
import { LONGEST_WITH_JOBS_MS } from "./zooms.ts";

interface PastTimelineProps {
  gpu: Gpu;
  position: number;
  windowMs: number;
}

const NARROW_PX = 480;
/** Their words are about releases. */
const UNREACHED: ReadonlySet<string> = new Set(["sidecar-unreachable", "sidecar-silent"]);
const POINTS = 240;
const NARROW_POINTS = 120;

/** VRAM and utilization of one GPU over hours or days, asked of the sidecar. */
export default function PastTimeline({ gpu, position, windowMs }: PastTimelineProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  return (
    <div className="timeline-body" ref={frame}>
      {width > 0 && (
        <PastBody
          gpu={gpu}
          position={position}
          windowMs={windowMs}
          width={width}
          points={width < NARROW_PX ? NARROW_POINTS : POINTS}
        />
      )}
    </div>
  );
}

function PastBody(props: PastTimelineProps & { width: number; points: number }) {
  const { gpu, position, windowMs, width, points } = props;
  const m = useMessages();
  const words = useLater()?.timeline;
  const problemWords = useProblemWords();
  const { language } = useContext(LookContext);
  const { store } = usePanelParts();
  const { answer, problem, retry } = usePast(gpu.uuid, windowMs, points);
  const failed = problem !== null && words !== undefined && (
    <Notice tone="warning" title={words.pastFailed}>
      {UNREACHED.has(problem.code)
        ? words.pastUnreached
        : `${problemWords(problem).message} ${problemWords(problem).advice}`}{" "}
      <button type="button" onClick={retry}>
        {words.retry}
      </button>
    </Notice>
  );
  const history = answer?.gpus[0];
  if (answer === null || history === undefined) {
    return failed || <PastLoading />;
  }
  const drawn = pastPoints(history, answer.fromMs, answer.pointMs);
  const isEmpty = drawn.every(({ vramGib, utilizationPct }) => vramGib === null && utilizationPct === null);
  const { known } = store.get();
  const levels = { ...levelsOf(gpu, known?.promises[position]), promisedGib: null };
  const highest = drawn.map(({ vramBand }) => ({ vramGib: vramBand?.[1] ?? null }));
  const topGib = topOf(levels.totalGib, highest);
  return (
    <>
      {failed}
      {answer.problem !== null && words !== undefined && (
        <Notice tone="warning" title={problemWords(answer.problem).message}>
          {problemWords(answer.problem).advice}
        </Notice>
      )}
      {isEmpty ? (
        <p className="muted small">{words?.pastEmpty}</p>
      ) : (
        <Suspense fallback={<p className="muted small">{m.timeline.loading}</p>}>
          <Marks
            runs={windowMs <= LONGEST_WITH_JOBS_MS ? (known?.runs ?? []) : []}
            gpuIndex={gpu.index}
            fromMs={answer.fromMs}
            toMs={answer.toMs}
            levels={levels}
            topGib={topGib}
          >
            <TimelineChart
              points={drawn}
              width={width}
              frame={CHART_FRAME}
              topGib={topGib}
              axis={pastAxis(answer.fromMs, answer.toMs, width, language)}
              hasBands
            />
          </Marks>
        </Suspense>
      )}
    </>
  );
}
