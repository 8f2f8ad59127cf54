/** A point of a job's curve: at second `s` the GPU holds `mib` and is `util` percent busy. */
export interface Keyframe {
  s: number;
  mib: number;
  util: number;
}

/** A simulated GPU: its card, and the job that it runs over and over. */
export interface DemoTrack {
  name: string;
  totalMiB: number;
  powerLimitW: number;
  process: string;
  keyframes: readonly Keyframe[];
}

/** VRAM that stays when everything is unloaded (as reported). */
export const UNLOADED_MIB = 2000;

/** Between two jobs: long enough for it to be seen that the one has ended, a minute and a list of processes. */
const PAUSE_S = 80;

/**
 * Wan2.2-I2V-A14B with its two humps, as reported: the high-noise model, the switch to the low-noise model, the peak
 * of 39,500 MiB while sampling, then a cache that is kept until somebody releases it.
 */
const WAN22_I2V: DemoTrack = {
  name: "Demo GPU 48 GB",
  totalMiB: 49_140,
  powerLimitW: 450,
  process: "python wan22_i2v.py",
  keyframes: [
    { s: 0, mib: UNLOADED_MIB, util: 0 },
    { s: 4, mib: 9_500, util: 4 },
    { s: 9, mib: 18_000, util: 12 },
    { s: 12, mib: 18_600, util: 98 },
    { s: 26, mib: 18_900, util: 99 },
    { s: 28, mib: 24_000, util: 31 },
    { s: 33, mib: 36_000, util: 22 },
    { s: 36, mib: 39_100, util: 97 },
    { s: 54, mib: 39_500, util: 99 },
    { s: 57, mib: 35_800, util: 71 },
    { s: 60, mib: 30_400, util: 0 },
    { s: 60 + PAUSE_S, mib: 30_400, util: 0 },
  ],
};

/** Wan2.1-1.3B T2V at 480p, as reported: a clip every few seconds at 12,200 MiB, the model kept between clips. */
const WAN21_T2V: DemoTrack = {
  name: "Demo GPU 24 GB",
  totalMiB: 24_564,
  powerLimitW: 320,
  process: "python wan21_t2v.py",
  keyframes: [
    { s: 0, mib: UNLOADED_MIB, util: 0 },
    { s: 3, mib: 8_900, util: 9 },
    { s: 5, mib: 11_900, util: 96 },
    { s: 11, mib: 12_200, util: 98 },
    { s: 12, mib: 9_800, util: 0 },
    { s: 17, mib: 9_800, util: 0 },
    { s: 19, mib: 12_000, util: 95 },
    { s: 25, mib: 12_200, util: 97 },
    { s: 26, mib: 9_800, util: 0 },
    { s: 26 + PAUSE_S, mib: 9_800, util: 0 },
  ],
};

export const DEMO_TRACKS: readonly [DemoTrack, DemoTrack] = [WAN22_I2V, WAN21_T2V];

/** The curve at second `s` of a job, linear between its points. Past the end it stays at the last point. */
export function pointAt(keyframes: readonly Keyframe[], s: number): Keyframe {
  const next = keyframes.findIndex((frame) => frame.s > s);
  const after = keyframes[next] ?? keyframes.at(-1);
  const before = next < 0 ? after : keyframes[next - 1];
  if (after === undefined) return { s, mib: UNLOADED_MIB, util: 0 };
  if (before === undefined || before === after) return { ...after, s };
  const share = (s - before.s) / (after.s - before.s);
  const between = (a: number, b: number) => a + (b - a) * share;
  return { s, mib: between(before.mib, after.mib), util: between(before.util, after.util) };
}
