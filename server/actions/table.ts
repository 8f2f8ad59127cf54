import { acknowledgeAlert } from "./acknowledge-alert.ts";
import { adviseOnFit } from "./advise-on-fit.ts";
import { cancelRelease } from "./cancel-release.ts";
import type { Action } from "./define-action.ts";
import { endJob } from "./end-job.ts";
import { fit } from "./fit.ts";
import { adoptBackend, dismissBackend, forgetBackend, lookForBackends } from "./found-backends.ts";
import { group } from "./group.ts";
import { groupOverview } from "./group-overview.ts";
import { postponeHandover } from "./handover.ts";
import { handoverSettings, setHandover } from "./handover-settings.ts";
import { healthz } from "./healthz.ts";
import { history } from "./history.ts";
import { endHold, holdCard } from "./hold.ts";
import { lease } from "./lease.ts";
import { limit } from "./limit.ts";
import { listJobs } from "./list-jobs.ts";
import { listSessions } from "./list-sessions.ts";
import { loadBackend, prepareBackend } from "./load-backend.ts";
import { metrics } from "./metrics.ts";
import { muteRule } from "./mute-rule.ts";
import { pastAlerts } from "./past-alerts.ts";
import { pastReleases } from "./past-releases.ts";
import { patchJob } from "./patch-job.ts";
import { profiles } from "./profiles.ts";
import { registerBackend } from "./register-backend.ts";
import { release } from "./release.ts";
import { removeSession } from "./remove-session.ts";
import { replay } from "./replay.ts";
import { requestJob } from "./request-job.ts";
import { resume } from "./resume.ts";
import { retrySource } from "./retry-source.ts";
import { sessions } from "./sessions.ts";
import { sessionsCsv } from "./sessions-csv.ts";
import { showJob } from "./show-job.ts";
import { showRelease } from "./show-release.ts";
import { startSession } from "./start-session.ts";
import { state } from "./state.ts";
import { stopSession } from "./stop-session.ts";
import { takeFigure } from "./take-figure.ts";
import { testAlerts } from "./test-alerts.ts";
import { unwatch } from "./unwatch.ts";
import { watch } from "./watch.ts";
import { whatIf } from "./what-if.ts";
import { whoami } from "./whoami.ts";

/** Everything that can be asked of the sidecar; the HTTP server, the gateway, `openapi.json` and docs/protocol.md read it. */
export const ACTIONS: readonly Action[] = [
  healthz,
  whoami,
  state,
  group,
  groupOverview,
  profiles,
  release,
  showRelease,
  cancelRelease,
  pastReleases,
  loadBackend,
  prepareBackend,
  handoverSettings,
  setHandover,
  postponeHandover,
  holdCard,
  endHold,
  registerBackend,
  adoptBackend,
  dismissBackend,
  forgetBackend,
  lookForBackends,
  lease,
  requestJob,
  listJobs,
  showJob,
  patchJob,
  endJob,
  fit,
  limit,
  adviseOnFit,
  takeFigure,
  whatIf,
  pastAlerts,
  acknowledgeAlert,
  muteRule,
  testAlerts,
  history,
  metrics,
  retrySource,
  replay,
  listSessions,
  sessionsCsv,
  startSession,
  stopSession,
  removeSession,
  sessions,
  watch,
  unwatch,
  resume,
];
