/** Exit codes of commands that ask, as grep has them. */
export const YES = 0;
export const NO = 1;
/** It could not be asked: wrong flags, no panel, not allowed. */
export const NOT_ASKED = 2;

/** Exit codes of `run` beside the program's own, as `timeout` and `env` have them. */
export const NO_ROOM = 75;
export const RUN_FAILED = 125;
export const NOT_EXECUTABLE = 126;
export const NOT_FOUND = 127;
