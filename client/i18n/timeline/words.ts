/** The words of the timeline beyond its last minutes, and of the marks on it. */
export interface TimelineWords {
  title: string;
  /** All GPUs. */
  all: string;
  temp: string;
  range: string;
  minutes: string;
  empty: string;
  /** There are samples, none of them with the figure that is drawn. */
  noFigures: string;
  loading: string;
  jobs: string;
  declared: string;
  inferred: string;
  /** A job on a machine that names no process. */
  unlisted: string;
  running: string;
  ended: string;
  peak: string;
  expected: string;
  more: string;
  /** Names of zoom levels. */
  hours: string;
  days: string;
  zoom: string;
  loadingPast: string;
  pastEmpty: string;
  pastFailed: string;
  /** The sidecar could not be asked. */
  pastUnreached: string;
  retry: string;
  /** Names of the built-in profiles' phases; others are shown as they are. */
  phases: Readonly<Record<string, string>>;
}
