import { capacityWordsEn } from "../../shared/capacity/words-en.ts";
import { alertsEn } from "../../shared/health/en.ts";
import { problemsEn } from "../../shared/problems/en.ts";
import { fitEn } from "./fit/en.ts";
import { gpuEn } from "./gpu/en.ts";
import { healthEn } from "./health/en.ts";
import { jobsEn } from "./jobs/en.ts";
import type { LaterWords } from "./later-words.ts";
import { profilesEn } from "./profiles/en.ts";
import { releaseEn } from "./release/en.ts";
import { replayEn } from "./replay/en.ts";
import { roomEn } from "./room/en.ts";
import { sessionsEn } from "./sessions/en.ts";
import { settingsEn } from "./settings/en.ts";
import { timelineEn } from "./timeline/en.ts";
import { troubleEn } from "./trouble/en.ts";

export const laterEn: LaterWords = {
  problems: problemsEn,
  profile: profilesEn,
  release: releaseEn,
  capacity: capacityWordsEn,
  fit: fitEn,
  gpu: gpuEn,
  jobs: jobsEn,
  replay: replayEn,
  health: healthEn,
  alerts: alertsEn,
  room: roomEn,
  sessions: sessionsEn,
  settings: settingsEn,
  timeline: timelineEn,
  trouble: troubleEn,
};
