import type { BackendState } from "../../../shared/release/backend.ts";

/** The backends that this viewer's release would reach: on the page of an app, that app alone. */
export const mineOf = (
  backends: readonly BackendState[],
  own: string | undefined,
): readonly BackendState[] => (own === undefined ? backends : backends.filter(({ id }) => id === own));
