import type { CapacityWords } from "../../shared/capacity/explain.ts";
import type { AlertCatalog } from "../../shared/health/words.ts";
import type { ProblemCatalog } from "../../shared/problems/codes.ts";
import type { FitWords } from "./fit/words.ts";
import type { GpuWords } from "./gpu/words.ts";
import type { HealthWords } from "./health/words.ts";
import type { JobsWords } from "./jobs/words.ts";
import type { ProfileWords } from "./profiles/words.ts";
import type { ReleaseWords } from "./release/words.ts";
import type { ReplayWords } from "./replay/words.ts";
import type { RoomWords } from "./room/words.ts";
import type { SessionsWords } from "./sessions/words.ts";
import type { SettingsWords } from "./settings/words.ts";
import type { TimelineWords } from "./timeline/words.ts";
import type { TroubleWords } from "./trouble/words.ts";

/** Words that are not needed for the first figures. */
export interface LaterWords {
  problems: ProblemCatalog;
  /** A profile with its name and source in this language. */
  profile: ProfileWords;
  release: ReleaseWords;
  capacity: CapacityWords;
  fit: FitWords;
  gpu: GpuWords;
  jobs: JobsWords;
  replay: ReplayWords;
  health: HealthWords;
  alerts: AlertCatalog;
  room: RoomWords;
  sessions: SessionsWords;
  settings: SettingsWords;
  timeline: TimelineWords;
  trouble: TroubleWords;
}
