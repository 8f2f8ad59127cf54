import type { HandoverWords } from "./words.ts";

export const handoverEn: HandoverWords = {
  leaves: "{backend} leaves: idle",
  leavesFor: "{backend} leaves for {whom}",
  comes: "{backend} is loaded again",
  brief: {
    leaves: "{backend} leaves",
    comes: "{backend} loads",
    held: "Held",
    willHold: "Held soon",
  },
  in: "in {n} s",
  seconds: "{n} s",
  notNow: "Not now",
  card: "Card",
  hold: "Hold the card",
  holdHint: "For a game or work by hand: nobody is let in. Ends by itself when the card is idle.",
  held: "Held: nobody is let in",
  ends: "ends in {time}",
  heldUntil: "{held}. It {ends} if the card stays idle.",
  willHold: "Held when the running job ends",
  endHold: "End hold",
  past: {
    leftFor: "{time} · hand-over · {backend} left for {whom}",
    left: "{time} · hand-over · {backend} left",
    loaded: "{time} · hand-over · {backend} loaded again",
  },
};
