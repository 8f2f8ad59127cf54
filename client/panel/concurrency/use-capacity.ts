import { createContext, useContext, useMemo } from "react";
import { totalCanStart } from "../../../shared/capacity/total-can-start.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import type { Profile } from "../../../shared/profiles/profile.ts";
import { type FitRow, type Fits, type GpuPromise, UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import { useLater } from "../../i18n/use-messages.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectFresh } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { useSteady } from "./use-steady.ts";

/** The job profile that this viewer has chosen, and how to choose another. */
export interface ProfileChoice {
  chosen: string | null;
  choose(id: string): void;
}
export const ProfileContext = createContext<ProfileChoice>({ chosen: null, choose: () => {} });

const NONE: readonly never[] = [];
const NO_FITS: Fits = {};
const NO_ROW: FitRow = [null, 0, 0, null, 0];
const selectPromises = ({ known }: PanelState): readonly GpuPromise[] => known?.promises ?? NONE;
const selectFits = ({ known }: PanelState) => known?.fits ?? NO_FITS;
const selectAllGpus = ({ known }: PanelState): readonly Gpu[] => known?.gpus ?? NONE;
const selectProfiles = ({ known }: PanelState): readonly Profile[] => known?.profiles ?? NONE;

/** What the sidecar says of one shown GPU for the chosen profile. MiB; `null`: not known. */
export interface GpuFit {
  /** As they were when there was this room. */
  gpu: Gpu;
  promise: GpuPromise;
  canStart: number | null;
  /** Of them, in what is there already. */
  inResidents: number;
  perJobMiB: number;
  reserveMiB: number | null;
  residentsMiB: number;
  /** Of now. */
  running: number | null;
}

export interface Capacity {
  profile: Profile;
  /** As they are now. */
  rows: readonly FitRow[];
  perGpu: readonly GpuFit[];
  /** Of the shown GPUs, in their order. */
  promises: readonly GpuPromise[];
  /** Over the shown GPUs; `null` when nothing is known or the figures are old. */
  canStart: number | null;
  /** False while the figures are old, and therefore recommend nothing. */
  fresh: boolean;
}

/** How many jobs of each profile may start on the shown GPUs, as the sidecar has it; old figures recommend nothing. */
export function useFits(gpus: readonly Gpu[]): (profile: Profile) => {
  rows: FitRow[];
  canStart: number | null;
} {
  const fits = usePanel(selectFits);
  const all = usePanel(selectAllGpus);
  const fresh = usePanel(selectFresh);
  return ({ id, gpus: k }) => {
    const fit = fresh ? fits[id] : undefined;
    const rows = gpus.map((gpu) => fit?.gpus[all.indexOf(gpu)] ?? NO_ROW);
    const isWhole = fit !== undefined && gpus.length === all.length;
    return {
      rows,
      canStart: isWhole
        ? fit.canStart
        : totalCanStart(
            rows.map(([canStart]) => ({ canStart })),
            k,
          ),
    };
  };
}

/** The recommendation for the shown GPUs and the chosen profile. What rises is shown once it has stood for a while. */
export function useCapacity(gpus: readonly Gpu[]): Capacity | null {
  const profiles = useProfiles();
  const known = usePanel(selectPromises);
  const all = usePanel(selectAllGpus);
  const fresh = usePanel(selectFresh);
  const fitsOf = useFits(gpus);
  const { chosen } = useContext(ProfileContext);
  const profile = profiles.find(({ id }) => id === chosen) ?? profiles[0];
  const { rows, canStart } = profile === undefined ? { rows: [], canStart: null } : fitsOf(profile);
  const moments = gpus.map((gpu, i) => {
    const [canStart, inResidents, perJobMiB, reserveMiB, residentsMiB] = rows[i] ?? NO_ROW;
    const promise = known[all.indexOf(gpu)] ?? UNKNOWN_PROMISE;
    return { gpu, promise, canStart, inResidents, perJobMiB, reserveMiB, residentsMiB };
  });
  const { shown, waits } = useSteady(moments, `${profile?.id} ${gpus.length}`);
  if (profile === undefined) return null;
  const perGpu = shown.map((moment, i) => ({ ...moment, running: moments[i]?.promise.running ?? null }));
  return {
    profile,
    rows,
    perGpu,
    promises: moments.map(({ promise }) => promise),
    canStart: waits ? totalCanStart(shown, profile.gpus) : canStart,
    fresh,
  };
}

/** The profiles, named in the panel's language. */
export function useProfiles(): readonly Profile[] {
  const profiles = usePanel(selectProfiles);
  const say = useLater()?.profile;
  return useMemo(() => (say === undefined ? profiles : profiles.map(say)), [profiles, say]);
}
