import type { ProfileWords } from "./words.ts";

export const profilesEn: ProfileWords = (profile) => profile;
