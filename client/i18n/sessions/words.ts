/** The words of sessions: marked stretches of time. */
export interface SessionsWords {
  title: string;
  about: string;
  label: string;
  start: string;
  stop: string;
  remove: string;
  none: string;
  running: string;
  job: string;
  compare: string;
  compareHint: string;
  change: string;
  csv: string;
  png: string;
  failed: string;
  gpu: string;
  utilization: string;
  p50: string;
  p95: string;
  peak: string;
  seconds: string;
  temperature: string;
  highest: string;
  energy: string;
}
