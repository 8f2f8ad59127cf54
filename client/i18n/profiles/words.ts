/** Names what the sidecar names in English. */
export type ProfileWords = <T extends { label: string; source?: string }>(profile: T) => T;
