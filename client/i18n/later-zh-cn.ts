import { capacityWordsZhCn } from "../../shared/capacity/words-zh-cn.ts";
import { alertsZhCn } from "../../shared/health/zh-cn.ts";
import { problemsZhCn } from "../../shared/problems/zh-cn.ts";
import { fitZhCn } from "./fit/zh-cn.ts";
import { gpuZhCn } from "./gpu/zh-cn.ts";
import { healthZhCn } from "./health/zh-cn.ts";
import { jobsZhCn } from "./jobs/zh-cn.ts";
import type { LaterWords } from "./later-words.ts";
import { profilesZhCn } from "./profiles/zh-cn.ts";
import { releaseZhCn } from "./release/zh-cn.ts";
import { replayZhCn } from "./replay/zh-cn.ts";
import { roomZhCn } from "./room/zh-cn.ts";
import { sessionsZhCn } from "./sessions/zh-cn.ts";
import { settingsZhCn } from "./settings/zh-cn.ts";
import { timelineZhCn } from "./timeline/zh-cn.ts";
import { troubleZhCn } from "./trouble/zh-cn.ts";

export const laterZhCn: LaterWords = {
  problems: problemsZhCn,
  profile: profilesZhCn,
  release: releaseZhCn,
  capacity: capacityWordsZhCn,
  fit: fitZhCn,
  gpu: gpuZhCn,
  jobs: jobsZhCn,
  replay: replayZhCn,
  health: healthZhCn,
  alerts: alertsZhCn,
  room: roomZhCn,
  sessions: sessionsZhCn,
  settings: settingsZhCn,
  timeline: timelineZhCn,
  trouble: troubleZhCn,
};
