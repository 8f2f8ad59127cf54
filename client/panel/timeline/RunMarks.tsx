import type { CSSProperties } from "react";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import type { Run } from "../../../shared/timeline/run.ts";
import { gib } from "../../i18n/format.ts";
import type { TimelineWords } from "../../i18n/timeline/words.ts";
import { shortName } from "../gpus/short-name.ts";
import type { RunLanes, RunStretch, Stretch } from "./lay-out-runs.ts";
import { phaseName } from "./phase-name.ts";

const place = ({ left, right }: Stretch): CSSProperties => ({
  left: `${(left * 100).toFixed(2)}%`,
  width: `${((right - left) * 100).toFixed(2)}%`,
});

/** The jobs above the plot, each a band with its phases, on the same time axis. */
export function RunBands({ lanes, words }: { lanes: RunLanes["lanes"]; words: TimelineWords }) {
  return (
    <div className="run-lanes" aria-hidden="true">
      {lanes.map((lane) => (
        <div className="run-lane" key={lane[0]?.run.id}>
          {lane.map((stretch) => (
            <Band key={stretch.run.id} stretch={stretch} words={words} />
          ))}
        </div>
      ))}
    </div>
  );
}

const labelOf = ({ label }: Run, words: TimelineWords) => (label === "" ? words.unlisted : shortName(label));

function Band({ stretch, words }: { stretch: RunStretch; words: TimelineWords }) {
  const { run, phases, isCut, left, right } = stretch;
  const width = right - left;
  return (
    <div
      className="run"
      style={place(stretch)}
      data-declared={run.job !== null}
      data-cut={isCut}
      data-ended={run.endedAt !== null}
      title={labelOf(run, words)}
    >
      <span className="run-name">{labelOf(run, words)}</span>
      <span className="run-phases">
        {phases.map((phase) => (
          <span
            key={phase.n}
            className="run-phase"
            style={place({ left: (phase.left - left) / width, right: (phase.right - left) / width })}
            title={`${phaseName(phase, words)} · ${gib(phase.mib)} GiB`}
          >
            <span>
              {phase.n} <i>{phaseName(phase, words)}</i>
            </span>
          </span>
        ))}
      </span>
    </div>
  );
}

/** Where jobs and their phases begin and end, as lines down through the plot. */
export function RunLines({ lanes }: { lanes: RunLanes["lanes"] }) {
  const stretches = lanes.flat();
  return (
    <>
      {stretches.map(({ run, left, right, isCut, phases }) => (
        <span key={run.id}>
          {!isCut && <i className="mark-line" data-mark="start" style={{ left: `${left * 100}%` }} />}
          {phases.slice(1).map(({ n, left: at }) => (
            <i key={n} className="mark-line" data-mark="phase" style={{ left: `${at * 100}%` }} />
          ))}
          {run.endedAt !== null && right < 1 && (
            <i className="mark-line" data-mark="end" style={{ left: `${right * 100}%` }} />
          )}
        </span>
      ))}
    </>
  );
}

/** The same in words, for who does not see the bands and where these are too narrow for names. */
export function RunList({ lanes: { lanes, hidden }, words }: { lanes: RunLanes; words: TimelineWords }) {
  const latest = lanes
    .flat()
    .sort((a, b) => b.run.startedAt - a.run.startedAt)
    .slice(0, MOST_TOLD);
  const untold = lanes.flat().length - latest.length + hidden;
  return (
    <ul className="run-list" aria-label={words.jobs}>
      {latest.map(({ run, phases }) => (
        <li key={run.id}>
          <b>{labelOf(run, words)}</b>{" "}
          <span className="muted">
            {[
              run.job === null ? words.inferred : words.declared,
              run.endedAt === null ? words.running : words.ended,
              run.peakMiB === null
                ? null
                : fillIn(run.endedAt === null ? words.expected : words.peak, { gib: gib(run.peakMiB) }),
            ]
              .filter((fact) => fact !== null)
              .join(" · ")}
          </span>
          {phases.length > 0 && (
            <ol className="phases">
              {phases.map((phase) => (
                <li key={phase.n}>
                  <span className="phase-number">{phase.n}</span>
                  {phaseName(phase, words)} <b>{gib(phase.mib)} GiB</b>
                </li>
              ))}
            </ol>
          )}
        </li>
      ))}
      {untold > 0 && <li className="muted">{fillIn(words.more, { n: untold })}</li>}
    </ul>
  );
}

const MOST_TOLD = 3;
