/** The words of the timeline beyond its last minutes, and of the marks on it. */
export interface TimelineWords {
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
  promised: string;
  reserve: string;
  /** A phase without a name. */
  phase: string;
  /** Names of zoom levels. */
  hours: string;
  days: string;
  /** Seconds before now. */
  seconds: string;
  zoom: string;
  /** The band around a mean. */
  band: string;
  loadingPast: string;
  pastEmpty: string;
  pastFailed: string;
  /** The sidecar could not be asked. */
  pastUnreached: string;
  retry: string;
  /** Names of the built-in profiles' phases; others are shown as they are. */
  phases: Readonly<Record<string, string>>;
}
