import type { Usefulness } from "../gpu/useful.ts";
import { fillIn } from "../problems/fill-in.ts";
import type { Resident } from "../protocol/state.ts";
import { residentNames } from "./resident-names.ts";

/** The arithmetic of a recommendation in words; `{name}` places are filled with figures in MiB. */
export interface CapacityWords {
  /** One line of the sum each; those that are 0 are left out. */
  free: string;
  promised: string;
  residents: string;
  reserve: string;
  /** The answer to the sum. */
  some: string;
  none: string;
  /** Before the sum: jobs in what is there already. */
  inResidents: string;
  notReported: string;
  /** Between the sentences. */
  between: string;
  /** Added sentences. */
  reclaimable: string;
  running: string;
  notFaster: string;
  unified: string;
}

/** Every figure that the answer for one GPU and one kind of job rests on. MiB; `null`: not known. */
export interface CapacityTerms {
  canStart: number | null;
  inResidents: number;
  freeMiB: number | null;
  promisedMiB: number | null;
  residentsMiB: number;
  reserveMiB: number | null;
  perJobMiB: number;
  running: number | null;
  reclaimableMiB: number | null;
  useful: Usefulness;
  unifiedMemory: boolean;
  residents: readonly Resident[];
}

/** The whole arithmetic of one GPU in a few words: the same in the API and in the panel. Pure. */
export function explainGpu(terms: CapacityTerms, words: CapacityWords): string {
  const { canStart, freeMiB, promisedMiB, residentsMiB, reserveMiB, perJobMiB, inResidents } = terms;
  if (canStart === null || freeMiB === null) return words.notReported;
  const taken = [
    Math.round(promisedMiB ?? 0),
    Math.round(residentsMiB),
    Math.round(reserveMiB ?? 0),
  ] as const;
  const roomMiB = Math.round(freeMiB) - taken[0] - taken[1] - taken[2];
  const beside = canStart - inResidents;
  const figures = {
    free: grouped(freeMiB),
    promised: grouped(taken[0]),
    residents: grouped(taken[1]),
    reserve: grouped(taken[2]),
    room: grouped(roomMiB),
    perJob: grouped(perJobMiB),
    missing: grouped(perJobMiB - roomMiB),
    n: beside,
    in: residentNames(terms.residents, inResidents),
    count: inResidents,
    reclaimable: grouped(terms.reclaimableMiB ?? 0),
    running: terms.running ?? 0,
    more: canStart,
    max: canStart + (terms.running ?? 0),
    util: Math.round(terms.useful.utilizationPct ?? 0),
  };
  const lines = [
    words.free,
    ...[words.promised, words.residents, words.reserve].filter((_, i) => taken[i] !== 0),
  ];
  const sum = lines.join("") + (beside > 0 ? words.some : words.none);
  const sentences = [
    inResidents > 0 && words.inResidents,
    sum,
    (terms.running ?? 0) > 0 && words.running,
    (terms.reclaimableMiB ?? 0) > 0 && words.reclaimable,
    canStart > 0 && terms.useful.verdict === "not-faster" && words.notFaster,
    terms.unifiedMemory && words.unified,
  ];
  return sentences
    .flatMap((sentence) => (sentence === false ? [] : [fillIn(sentence, figures)]))
    .join(words.between);
}

/** 39500 → "39,500"; both languages group so. */
function grouped(mib: number): string {
  return String(Math.round(mib)).replace(/\B(?=(\d{3})+$)/g, ",");
}
