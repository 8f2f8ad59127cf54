/** The words of the jobs that run and wait. */
export interface JobsWords {
  title: string;
  running: string;
  waiting: string;
  on: string;
  reserved: string;
  left: string;
  over: string;
  since: string;
}
