import type { PieceKind } from "../../panel/vram/split-vram.ts";

/** The words of the full view for where VRAM is, and how many jobs there is room for. */
export interface RoomWords {
  pieces: Record<PieceKind, string> & {
    /** In place of `others` where there is no backend to tell them from. */
    processes: string;
    /** In place of `backend` where its tensors and cache are known. */
    backendRest: string;
  };
  /** What each piece is, for who points at it. */
  about: Record<PieceKind, string>;
  /** Where the next job can start, or why none can. */
  verdict: Record<"unknown" | "old" | "none" | "short" | "brief" | "on" | "onMany", string>;
  bar: string;
  unknownTotal: string;
  unified: string;
  reclaimable: string;
  reclaimableAll: string;
  line: string;
  lineUnknown: string;
  jobsHere: string;
  caution: string;
  notFaster: string;
  notFasterHere: string;
  gpusAtOnce: string;
  /** In what is loaded already; what is at work beside others cannot be told. */
  inResidents: string;
  cannotTell: string;
  basis: {
    measured: string;
    configured: string;
    published: string;
    /** Between that and the figures. */
    colon: string;
    learned: string;
    raised: string;
    before: string;
    peak: string;
    margin: string;
    weights: string;
  };
  /** Of a configured figure: jobs here took another, in percent of it. */
  drift: { more: string; less: string; take: string };
  /** Of figures that are old. */
  age: string;
  compare: string;
  /** Of the page's title, as a tab in the background shows it. */
  pageTitle: { more: string; used: string };
}
