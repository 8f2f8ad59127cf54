import { lazy, Suspense, useState } from "react";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { useLater } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import css from "../../styles/why.css?inline";
import FitAdvice from "../fit/FitAdvice.tsx";
import { Arithmetic } from "./Arithmetic.tsx";
import { CapacityNotes } from "./CapacityNotes.tsx";
import { ProfileBasis } from "./ProfileBasis.tsx";
import { ProfileTable } from "./ProfileTable.tsx";
import type { Capacity } from "./use-capacity.ts";

const WhatIf = lazy(() => import("../what-if/WhatIf.tsx"));

/** The arithmetic of the answer, what the profile's figure rests on, what would make room, and every other profile. */
export default function WhyPart({ capacity, gpus }: { capacity: Capacity; gpus: readonly Gpu[] }) {
  const later = useLater();
  const [all, setAll] = useState(false);
  if (later === null) return null;
  const { room, fit } = later;
  const { canStart, profile, fresh } = capacity;
  return (
    <div className="why">
      <Styles css={css} />
      <h2>{profile.label}</h2>
      <ProfileBasis profile={profile} words={room} />
      {fresh && <Arithmetic capacity={capacity} words={later.capacity} />}
      <CapacityNotes capacity={capacity} gpus={gpus} words={room} />
      {fresh && canStart === 0 && (
        <section>
          <h2>{fit.title}</h2>
          <FitAdvice profile={profile} asOf={JSON.stringify(capacity.rows)} />
        </section>
      )}
      <button type="button" className="go" aria-expanded={all} onClick={() => setAll(!all)}>
        {room.compare}
      </button>
      {all && <ProfileTable capacity={capacity} gpus={gpus} words={room} />}
      <Suspense>
        <WhatIf />
      </Suspense>
    </div>
  );
}
