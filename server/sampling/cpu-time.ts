/** One time as POSIX `times` prints it: `1m2.34s`; how many decimals differs from shell to shell. */
const TIME = /(\d+)m(\d+(?:\.\d+)?)s/g;
/** Shells count in hundredths of a second and round down, user and system each. */
const TICK_MS = 10;

/**
 * CPU time of the children of a shell, by what its `times` printed: the shell's own in the first line, theirs in the
 * second, each user and system. ms, rounded up; `null`: it is no such text. Unlike the time that passes it does not grow
 * because other programs keep the machine busy, and no other child is in it. Pure.
 */
export function cpuMsOf(printed: string): number | null {
  const times = [...printed.matchAll(TIME)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  const [, , user, system] = times;
  return times.length !== 4 || user === undefined || system === undefined
    ? null
    : Math.round((user + system) * 1000) + 2 * TICK_MS;
}
