import type { ReleaseWords } from "../codes.ts";

export const releaseProblemsEn: ReleaseWords = {
  "no-backend": {
    message: "No generation backend is set up.",
    advice: "Start the sidecar with --backend and your backend's kind, such as comfyui; --help lists them.",
  },
  "not-allowed": {
    message: "This page may look but not act.",
    advice: "Open the panel with the link that the sidecar printed when it started: it carries the token.",
  },
  "not-direct": {
    message: "From another machine or through a proxy this page may look but not act.",
    advice:
      "Start the sidecar with --token and open the panel with #token= and that token at the end of its address.",
  },
  "mode-unsupported": {
    message: "{backend} cannot release in the mode “{mode}”.",
    advice: "It knows: {modes}.",
  },
  "unknown-backend": {
    message: "There is no backend called “{backend}”.",
    advice: "Leave the backend out, or use an id that the state lists under backends.",
  },
  "sidecar-unreachable": {
    message: "There is no live connection to the sidecar.",
    advice: "Nothing was released. Wait until the panel is live again, then press the button once more.",
  },
  "sidecar-silent": {
    message: "The sidecar did not answer.",
    advice: "Whether a release has begun is not known: watch the figures before you press the button again.",
  },
  "sidecar-restarted": {
    message: "The sidecar was restarted after this page was loaded.",
    advice: "Nothing was released. Look at the figures again and press the button once more.",
  },
  "sidecar-closing": {
    message: "The sidecar is being stopped.",
    advice: "Start it again and look at the figures.",
  },
  "backend-unreachable": {
    message: "The backend cannot be reached ({detail}).",
    advice: "Nothing was released. Check that the backend is running and that --backend-url is right.",
  },
  "backend-timeout": {
    message: "The backend did not answer within {seconds} s.",
    advice: "It may be busy with a job or hang. The figures show what has happened so far; try again later.",
  },
  "backend-status": {
    message: "The backend answered with an error: HTTP {status}.",
    advice: "Look into the backend's log. The figures show whether anything was released.",
  },
  "backend-redirect": {
    message: "The backend answered with a redirect (HTTP {status}), which is not followed.",
    advice: "Give the final address of the unload hook with --backend-url.",
  },
  "backend-broken-answer": {
    message: "The backend broke off its answer ({detail}).",
    advice: "It may have crashed or been restarted: look into its log.",
  },
  "backend-unreadable": {
    message: "What answers at the address is not what {kind} would say.",
    advice: "Check --backend and --backend-url: another program may listen there.",
  },
  "backend-unauthorized": {
    message: "The backend wants a log-in (HTTP {status}).",
    advice: "Give its user and password, or its key, in the config file under backends.",
  },
  "backend-rate-limit": {
    message: "The backend gets too many requests (HTTP {status}).",
    advice: "Wait a minute and press the button again.",
  },
  "backend-no-api": {
    message: "The backend runs, but its API is switched off.",
    advice: "To switch it on: {remedy} Then try again.",
  },
  "backend-single-model": {
    message: "This llama-server runs a single model, and that it cannot unload.",
    advice: "Start it without -m (router mode), or with --sleep-idle-seconds: then it lets go by itself.",
  },
  "backend-busy": {
    message: "A job is running, and releasing now would break it.",
    advice: "Choose “after the current job”, or stop the job first.",
  },
  "busy-unknown": {
    message: "Whether a job is running cannot be told.",
    advice: "This backend does not say. Release now when no job runs, or choose another way.",
  },
  "job-did-not-end": {
    message: "The running job did not end within {minutes} minutes.",
    advice: "Nothing was asked of the backend. Press the button again when the job has ended.",
  },
  "job-still-running": {
    message: "The job is still running after {minutes} minutes.",
    advice: "The backend has been asked and will unload when the job ends: watch the figures.",
  },
  "job-not-stopped": {
    message: "The job did not stop within {seconds} s after it was told to.",
    advice: "A long step, such as a VAE decode, cannot be broken off. Wait for its end and release again.",
  },
  "jobs-queued": {
    message:
      "{jobs} more jobs wait behind the running one, and the next would begin as soon as it is stopped.",
    advice: "Nothing was stopped. Choose “after the current job”, or clear the queue first.",
  },
  "another-job-began": {
    message: "The job was stopped, but another has begun, which a release would break.",
    advice: "Nothing was asked of the backend. Choose “after the current job”.",
  },
  "queue-left-held": {
    message: "The backend's queue was held for the release and could not be let go again.",
    advice: "Resume the queue in the backend's own page, or its jobs do not begin.",
  },
  "models-in-use": {
    message: "Its job uses its models: idle ones are gone.",
    advice: "Release after the job to get the rest.",
  },
  "not-loaded": {
    message: "The backend accepted, but no model was loaded.",
    advice: "Its checkpoint may be locked, or missing by now: look into the backend's own page.",
  },
  "hook-refused": {
    message: "The backend answered that it has not done it.",
    advice: "Look into its log. A job may be running, or it was started without what this needs.",
  },
  "status-field": {
    message: "The answer at statusUrl has no field “{field}” that tells whether a job runs.",
    advice: "Name the field by its path, such as slots.0.busy: a boolean, a number or a list.",
  },
  "nothing-loaded": {
    message: "The backend holds no model: there was nothing to release.",
    advice: "What is still in use belongs to other programs, or is a CUDA context that only a restart frees.",
  },
  "model-loading": {
    message: "The backend is loading a model, which it does not list yet.",
    advice: "Release again when it has loaded.",
  },
  "model-kept": {
    message: "{model} was not unloaded; it goes by itself at {time}.",
    advice: "It was deleted or made anew while loaded, or a request has just asked for it: release again.",
  },
  "model-kept-on": {
    message: "{model} was not unloaded, and is kept until somebody unloads it.",
    advice: "It was deleted or made anew while loaded, or a request has just asked for it: release again.",
  },
  "load-failed": {
    message: "{model} could not be loaded again.",
    advice: "Is there room for it, and its file still there? The backend's log says more.",
  },
  "no-home": {
    message: "{backend} cannot be home: nobody but its own next job can load it again.",
    advice:
      "Name a backend of homes in GET /api/v1/handover, or null for none; {backend} leaves for others all the same.",
  },
  "release-cancelled": {
    message: "The release was cancelled by {by} before anything was asked of the backend.",
    advice: "Press the button again when you want to release.",
  },
  "cancelled-partly": {
    message: "The release was cancelled by {by}; what had been released before stays released.",
    advice: "Press the button again to release the rest.",
  },
  "not-announced": {
    message: "Nothing is announced for this backend that could be put off.",
    advice: "The state tells by handover.next who leaves next, and when.",
  },
  "not-waiting": {
    message: "There is no release that waits and could be cancelled.",
    advice: "A release that has already called the backend cannot be taken back.",
  },
  releasing: {
    message: "A release is in progress.",
    advice: "Wait for its end.",
  },
  preparing: {
    message: "{backend} is loading its model.",
    advice: "Wait until it is ready, then press the button again.",
  },
  "left-to-backend": {
    message: "{by} stopped waiting for the job to end.",
    advice: "The backend has been asked already and unloads when the job ends: watch the figures.",
  },
  "unknown-profile": {
    message: "There is no job profile with these settings.",
    advice: "GET /api/v1/profiles lists them; add your own in the config file.",
  },
  "release-fault": {
    message: "The release broke off by a fault of the sidecar: {detail}",
    advice: "Please report this. The figures show what has happened so far.",
  },
  "nothing-freed": {
    message: "The backend accepted, but no VRAM came back within {seconds} s.",
    advice: "A running job, another program or an allocator cache may hold it.",
  },
  "vram-grew": {
    message: "VRAM in use grew by {mib} MiB instead of falling.",
    advice: "Something else allocates at the same time: see which programs use the GPU.",
  },
  "not-measured": {
    message: "The backend accepted, but there were no samples to measure by.",
    advice: "How much was released is not known: see what the panel says about the source of the samples.",
  },
};
