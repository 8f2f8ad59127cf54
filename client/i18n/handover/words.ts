/** Who leaves the card for whom, and who holds it. */
export interface HandoverWords {
  /** It has been idle for as long as its owner says. */
  leaves: string;
  leavesFor: string;
  comes: string;
  /** Where there is little room. */
  brief: Record<"leaves" | "comes" | "held" | "willHold", string>;
  /** In how many seconds. */
  in: string;
  /** So many seconds, where there is little room. */
  seconds: string;
  notNow: string;
  card: string;
  hold: string;
  holdHint: string;
  held: string;
  /** When a hold ends. */
  ends: string;
  /** Both, among the settings. */
  heldUntil: string;
  /** What runs has not ended yet. */
  willHold: string;
  endHold: string;
  /** Among past releases: who left for whom, who left, and who was loaded again. */
  past: Record<"leftFor" | "left" | "loaded", string>;
}
