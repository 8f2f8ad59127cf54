/** The words of the jobs that run and wait. */
export interface JobsWords {
  title: string;
  none: string;
  more: string;
  count: string;
  running: string;
  waiting: string;
  queued: string;
  on: string;
  needs: string;
  reserved: string;
  since: string;
  ends: string;
  left: string;
  over: string;
  endUnknown: string;
  starts: string;
  in: string;
  soon: string;
  startUnknown: string;
}
