/** How long a load may take: a large model is read from a slow disk. */
export const LOAD_LIMIT_MS = 600_000;
