import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { Answer } from "./Answer.tsx";
import { ProfilePicker } from "./ProfilePicker.tsx";
import { totalOf } from "./total-of.ts";
import type { Capacity } from "./use-capacity.ts";
import { verdictOf } from "./verdict.ts";
import { Why } from "./Why.tsx";

interface RoomCardProps {
  /** `null` until something is known. */
  capacity: Capacity | null;
  gpus: readonly Gpu[];
}

/** The first answer: how many more can start, for which kind of job, where, and how many at once. */
export function RoomCard({ capacity, gpus }: RoomCardProps) {
  const m = useMessages();
  const words = useFullWords();
  const room = useLater()?.room;
  const verdictIn = (brief: boolean) =>
    room === undefined ? null : verdictOf(capacity, room.verdict, brief);
  const { running, recommendedMax } = capacity === null ? NOTHING : totalOf(capacity);
  return (
    <section className="card room" aria-label={m.concurrency.title}>
      <div className="r1">
        <h2 className="lb">{m.concurrency.title}</h2>
        {running !== null && running > 0 && (
          <span className="muted" data-testid="running">
            {fillIn(words.running, { n: running })}
          </span>
        )}
      </div>
      <div className="r2">
        {capacity === null ? (
          <i className="sk" />
        ) : (
          <Answer text={m.concurrency.more} n={capacity.canStart} quiet="fig" />
        )}
      </div>
      <div className="r3">
        {capacity === null ? (
          <i className="sk" />
        ) : (
          <>
            <span className="muted">{m.concurrency.for}</span>
            <ProfilePicker chosen={capacity.profile.id} />
          </>
        )}
      </div>
      <div className="r4">
        <span className="muted cut at-length">{verdictIn(false)}</span>
        <span className="muted cut in-short">{verdictIn(true)}</span>
        {recommendedMax !== null && (
          <span className="most muted cut push" data-testid="recommended-max">
            {fillIn(words.max, { n: recommendedMax })}
          </span>
        )}
        {capacity !== null && <Why capacity={capacity} gpus={gpus} />}
      </div>
    </section>
  );
}

const NOTHING = { running: null, recommendedMax: null };
