/** The words of the marks on the timeline. */
export interface TimelineWords {
  jobs: string;
  marked: string;
  inferred: string;
  running: string;
  ended: string;
  peak: string;
  expected: string;
  more: string;
  promised: string;
  reserve: string;
  /** A phase without a name. */
  phase: string;
  /** Names of the built-in profiles' phases; others are shown as they are. */
  phases: Readonly<Record<string, string>>;
}
