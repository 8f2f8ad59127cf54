import { createContext, useContext } from "react";
import { type GpuCapacity, totalCanStart } from "../../../shared/capacity/concurrency.ts";
import { capacityOnGpu } from "../../../shared/capacity/on-gpu.ts";
import type { Profile } from "../../../shared/capacity/profile.ts";
import type { Gpu } from "../../../shared/gpu/gpu.ts";
import { type GpuPromise, UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import type { PanelState } from "../../store/panel-state.ts";
import { selectFresh } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";

/** The job profile that this viewer has chosen, and how to choose another. */
export interface ProfileChoice {
  chosen: string | null;
  choose(id: string): void;
}
export const ProfileContext = createContext<ProfileChoice>({ chosen: null, choose: () => {} });

const NO_PROFILES: readonly Profile[] = [];
const NO_PROMISES: readonly GpuPromise[] = [];
const selectPromises = ({ known }: PanelState) => known?.promises ?? NO_PROMISES;
const selectAllGpus = ({ known }: PanelState) => known?.gpus;
const selectProfiles = ({ known }: PanelState) => known?.profiles ?? NO_PROFILES;

export interface Capacity {
  profile: Profile;
  perGpu: readonly GpuCapacity[];
  /** Of the shown GPUs, in their order. */
  promises: readonly GpuPromise[];
  /** Over the shown GPUs; `null` when nothing is known or the figures are old. */
  canStart: number | null;
  /** False while the figures are old, and therefore recommend nothing. */
  fresh: boolean;
}

/** The recommendation for the shown GPUs and the chosen profile, from the same function as the API's. */
export function useCapacity(gpus: readonly Gpu[]): Capacity | null {
  const profiles = usePanel(selectProfiles);
  const known = usePanel(selectPromises);
  const all = usePanel(selectAllGpus);
  const fresh = usePanel(selectFresh);
  const { chosen } = useContext(ProfileContext);
  const profile = profiles.find(({ id }) => id === chosen) ?? profiles[0];
  if (profile === undefined) return null;
  const promises = gpus.map((gpu) => known[all?.indexOf(gpu) ?? -1] ?? UNKNOWN_PROMISE);
  // Old figures recommend nothing: what was free may be taken.
  const perGpu = gpus.map((gpu, i) =>
    fresh
      ? capacityOnGpu(gpu, profile, promises[i])
      : capacityOnGpu({ ...gpu, memoryFreeMiB: null }, profile),
  );
  return { profile, perGpu, promises, canStart: totalCanStart(perGpu, profile.gpus), fresh };
}

export function useProfiles(): readonly Profile[] {
  return usePanel(selectProfiles);
}
