/** Status of what another host of the group did not do, or could not be asked for. */
export const AWAY = {
  "host-unknown": 404,
  "not-passed-on": 409,
  "no-host": 503,
  "host-unreachable": 503,
  "host-silent": 503,
  "host-answer": 503,
  "host-refuses": 503,
} as const;
