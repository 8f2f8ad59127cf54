/**
 * A job that nobody marked took more than there was room for when it appeared. Who started it went by a profile whose
 * figure fitted into that room: the figure of one such profile is too low. MiB.
 */
export interface Overrun {
  /** The least that it wanted, and no more than it could have had alone. */
  wantedMiB: number;
  /** What it could have taken, at most, by what was told before it appeared. */
  roomMiB: number;
}

/** What was told of one GPU, MiB. */
export interface RoomTold {
  /** `free − promised − reserve` */
  roomMiB: number;
  /** What there would be without the jobs that run. */
  aloneMiB: number;
}

/** Room at the lists of processes since somebody last appeared on the GPU, oldest first. */
export type RoomsTold = readonly (RoomTold & { atMs: number })[];

/** From the look at the panel to the first list that shows the job: Python starts and imports before it takes VRAM. */
const STARTS_WITHIN_MS = 60_000;

/** Takes what is told at one more list in; `null`: it is not known. Pure. */
export function noteRoom(before: RoomsTold, told: RoomTold | null, nowMs: number): RoomsTold {
  const lately = before.filter(({ atMs }) => nowMs - atMs <= STARTS_WITHIN_MS);
  return told === null ? lately : [...lately, { ...told, atMs: nowMs }];
}

/** The most that was told; `null`: nothing was. Pure. */
export function mostTold(rooms: RoomsTold): RoomTold | null {
  if (rooms.length === 0) return null;
  return {
    roomMiB: Math.max(...rooms.map(({ roomMiB }) => roomMiB)),
    aloneMiB: Math.max(...rooms.map(({ aloneMiB }) => aloneMiB)),
  };
}

/**
 * The overrun of a job that wanted so much at least, if it is one.
 * @param told before it appeared; `heldMiB`: what its process held already
 */
export function overrunOf(wantedMiB: number, told: (RoomTold & { heldMiB: number }) | null): Overrun[] {
  if (told === null) return [];
  const roomMiB = told.roomMiB + told.heldMiB;
  const wanted = Math.min(wantedMiB, told.aloneMiB);
  return wanted > roomMiB ? [{ wantedMiB: wanted, roomMiB }] : [];
}

/** Published figures are taken to be off by no more than this factor. */
const MOST_OFF = 2;
/** An overrun that wanted as much again, within this ratio, in no more room tells nothing new. */
const AS_MUCH = 1.1;

/** Those of `more` that can raise a figure and of which the known ones, or one before, do not tell already. Pure. */
export function newOverruns(known: readonly Overrun[], more: readonly Overrun[]): Overrun[] {
  const tells = (told: Overrun, one: Overrun) =>
    told.roomMiB >= one.roomMiB &&
    told.wantedMiB >= one.wantedMiB &&
    told.wantedMiB <= one.wantedMiB * AS_MUCH;
  const fresh: Overrun[] = [];
  for (const one of more) {
    const canRaise = one.roomMiB > 0 && one.wantedMiB <= one.roomMiB * MOST_OFF;
    const isTold = known.some((told) => tells(told, one)) || fresh.some((told) => tells(told, one));
    if (canRaise && !isTold) fresh.push(one);
  }
  return fresh;
}

/**
 * What a profile's peak must be at least after these overruns, oldest first: each raises all figures that fitted into its
 * room, but for those less than half of what was wanted. MiB; 0: none speaks of it. Pure.
 */
export function leastAfter(overruns: readonly Overrun[], peakMiB: number): number {
  let figure = peakMiB;
  for (const { wantedMiB, roomMiB } of overruns) {
    if (figure <= roomMiB && peakMiB * MOST_OFF >= wantedMiB) figure = Math.max(figure, Math.ceil(wantedMiB));
  }
  return figure > peakMiB ? figure : 0;
}
