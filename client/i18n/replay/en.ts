import type { ReplayWords } from "./words.ts";

export const replayEn: ReplayWords = {
  label: "Recording",
  play: "Play",
  pause: "Pause",
  speed: "Speed",
  position: "Moment of the recording",
  whole: "Whole recording",
  wrong: "lines that could not be read: {count} (line {first})",
  thinned: "{n} samples are played as one",
  failed: "Not done: {message}",
};
