/** The words of a recording that is played. */
export interface ReplayWords {
  label: string;
  play: string;
  pause: string;
  speed: string;
  position: string;
  whole: string;
  wrong: string;
  thinned: string;
  failed: string;
}
