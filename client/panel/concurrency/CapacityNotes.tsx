import { residentNames } from "../../../shared/capacity/resident-names.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { gib } from "../../i18n/format.ts";
import type { RoomWords } from "../../i18n/room/words.ts";
import { busyGpus } from "../gpus/busy.ts";
import type { Capacity } from "./use-capacity.ts";

interface CapacityNotesProps {
  capacity: Capacity;
  gpus: readonly Gpu[];
  words: RoomWords;
}

/** What the bare figure does not say: whether a job would gain anything, what else a release would bring. */
export function CapacityNotes({ capacity, gpus, words }: CapacityNotesProps) {
  const { perGpu, promises, canStart, profile, fresh } = capacity;
  if (!fresh) return null;
  const fits = (i: number) => (perGpu[i]?.canStart ?? 0) > 0;
  const names = (which: (i: number) => boolean) =>
    gpus
      .filter((_, i) => which(i))
      .map(({ index }) => `GPU ${index}`)
      .join(", ");
  // Where it is known what runs, what it will still take has been taken off.
  const busy = busyGpus(gpus.filter((_, i) => promises[i]?.promisedMiB == null));
  const notFaster = names((i) => fits(i) && promises[i]?.useful.verdict === "not-faster");
  const inResidents = perGpu.reduce((sum, one) => sum + one.inResidents, 0);
  const residents = perGpu.flatMap(({ promise }) => promise.residents);
  const untold = names((i) => promises[i]?.residents.some(({ state }) => state === "cannot-tell") === true);
  const reclaimable = promises.reduce((sum, one) => sum + (one.reclaimableMiB ?? 0), 0);
  const notes: [key: string, tone: string, text: string | false][] = [
    [
      "busy",
      "up warm",
      (canStart ?? 0) > 0 && busy.length > 0 && fillIn(words.caution, { gpus: busy.join(", ") }),
    ],
    ["useful", "up warm", notFaster !== "" && fillIn(words.notFaster, { gpus: notFaster })],
    ["at-once", "muted", profile.gpus > 1 && fillIn(words.gpusAtOnce, { n: profile.gpus })],
    [
      "loaded",
      "muted",
      inResidents > 0 &&
        fillIn(words.inResidents, { n: inResidents, names: residentNames(residents, inResidents) }),
    ],
    ["untold", "muted", untold !== "" && fillIn(words.cannotTell, { gpus: untold })],
    ["reclaimable", "muted", reclaimable > 0 && fillIn(words.reclaimableAll, { gib: gib(reclaimable) })],
  ];
  const shown = notes.filter(([, , text]) => text !== false);
  if (shown.length === 0) return null;
  return (
    <ul className="notes">
      {shown.map(([key, tone, text]) => (
        <li key={key} className={tone} data-note={key}>
          {text}
        </li>
      ))}
    </ul>
  );
}
