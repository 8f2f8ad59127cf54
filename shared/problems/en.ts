import type { ProblemCatalog } from "./codes.ts";

export const problemsEn: ProblemCatalog = {
  "nvidia-smi-not-found": {
    message: "nvidia-smi was not found.",
    advice:
      "Install the NVIDIA driver, or give its path with --nvidia-smi. In a container, start it with --gpus all.",
  },
  "nvidia-smi-not-runnable": {
    message: "nvidia-smi could not be started: {detail}",
    advice: "Check the path given with --nvidia-smi and that the file may be executed.",
  },
  "no-driver": {
    message: "The NVIDIA driver does not answer.",
    advice:
      "Load the kernel module (modprobe nvidia) or reinstall the driver; after a kernel update, reboot.",
  },
  "driver-library-mismatch": {
    message: "Driver and library versions do not match.",
    advice:
      "The driver was updated while it was loaded: reboot, or unload and reload the nvidia kernel modules. In a container, restart it.",
  },
  "driver-library-missing": {
    message: "The driver's NVML library was not found.",
    advice:
      "In a container, start it with --gpus all and the NVIDIA container runtime. Under WSL, update the driver on Windows.",
  },
  "nvml-unknown-error": {
    message: "NVML fails with an unknown error.",
    advice:
      "In a container this follows a cgroup reload on the host: restart the container. Otherwise reboot.",
  },
  "no-devices": {
    message: "nvidia-smi finds no GPU.",
    advice:
      "In a container, start it with --gpus all and check NVIDIA_VISIBLE_DEVICES. On a host, check that the card is seated and powered (lspci). A new card may need the driver's open kernel module, or “Above 4G decoding” and Resizable BAR in the firmware.",
  },
  "gpu-lost": {
    message: "A GPU does not answer any more: {gpu}.",
    advice:
      "Its jobs are gone. Look into dmesg for Xid messages; usually only a reboot brings the card back.",
  },
  "gpu-needs-reset": {
    message: "A GPU must be reset before it can be used: {gpu}.",
    advice: "Stop every process on it, then run nvidia-smi --gpu-reset, or reboot.",
  },
  "permission-denied": {
    message: "nvidia-smi may not read the GPU.",
    advice:
      "Run the sidecar as a user who may open /dev/nvidia*, or give the container the GPU's permissions.",
  },
  "wsl-blocked": {
    message: "Windows blocks access to the GPU from WSL.",
    advice: "Update the NVIDIA driver on Windows and run wsl --update, then wsl --shutdown.",
  },
  "query-refused": {
    message: "nvidia-smi refuses the query: {detail}",
    advice: "The driver may be too old for a loop query (390 or newer is needed). Update the driver.",
  },
  "no-output": {
    message: "nvidia-smi has been silent for {seconds} s.",
    advice: "The driver may hang: look into dmesg for Xid messages. Sampling is tried again by itself.",
  },
  "slow-first-answer": {
    message: "nvidia-smi has not answered for {seconds} s: waiting for the driver's first answer.",
    advice:
      "With many GPUs it may take a minute. Persistence mode (nvidia-persistenced, or nvidia-smi -pm 1) keeps the driver loaded.",
  },
  "slow-answers": {
    message: "nvidia-smi takes {seconds} s for a sample.",
    advice:
      "The machine is busy, or the driver is slow: figures come as fast as it tells them. Choose a longer --interval to ask less of it.",
  },
  "no-figures": {
    message: "The driver lists the GPUs but tells no figure of them any more.",
    advice:
      "Look into dmesg for Xid messages and run nvidia-smi by hand. Usually the driver has to be loaded again, or the machine rebooted.",
  },
  "gpus-not-there": {
    message: "This machine has no GPU {missing} (it has {there}).",
    advice: "Choose with --gpus from those that nvidia-smi -L lists.",
  },
  "nvml-internal-error": {
    message: "The driver fails with an internal error: {detail}",
    advice:
      "Look into dmesg for NVRM and Xid messages, then load the driver again or reboot. Under WSL, update the NVIDIA driver on Windows and run wsl --update.",
  },
  "wsl-crash": {
    message: "nvidia-smi crashes under WSL ({detail}).",
    advice:
      "Run wsl --update and then wsl --shutdown, and update the NVIDIA driver on Windows. Install no driver inside WSL.",
  },
  "out-of-resources": {
    message: "The system has too little left to start nvidia-smi: {detail}",
    advice:
      "It may open no more files, or start no more processes: raise the limit (ulimit -n, ulimit -u), close pages that nobody looks at, or free memory. It is tried again by itself.",
  },
  "unreadable-output": {
    message: "nvidia-smi printed something that is not a sample: {detail}",
    advice: "Run the command of --nvidia-smi by hand and see what it prints.",
  },
  "process-ended": {
    message: "nvidia-smi ended by itself ({detail}).",
    advice: "It is started again by itself. If this goes on, run nvidia-smi by hand and see what it says.",
  },
  "replay-unreadable": {
    message: "The recording cannot be read: {detail}.",
    advice: "Start again with --source replay:FILE and the path of a CSV log.",
  },
  "replay-no-header": {
    message: "The recording does not begin with a header that names its columns.",
    advice:
      "Take a log of this panel, or one of nvidia-smi --format=csv; to one that was made with noheader add a first line with the fields that were asked for, timestamp among them.",
  },
  "replay-empty": {
    message: "The recording has no line that can be read ({wrong} that cannot).",
    advice: "Check that it is the right file and that it was written to its end.",
  },
  "unknown-session": {
    message: "There is no such session any more.",
    advice: "Load the list again: somebody may have removed it.",
  },
  "too-many-sessions": {
    message: "{count} sessions are going on already.",
    advice: "End one of them first.",
  },
  replaying: {
    message: "A recording is shown: there is nothing to release.",
    advice: "Start the sidecar without --source replay to act on the GPUs of now.",
  },
  "no-replay": {
    message: "There is no recording to play.",
    advice: "Start the sidecar with --source replay:FILE.",
  },
  "log-stopped": {
    message: "A log is not being written ({reason}).",
    advice:
      "Make room on the disk, or choose another file with --log-csv or --log-jsonl. Writing is tried again by itself; the panel goes on meanwhile.",
  },
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
  "nothing-loaded": {
    message: "The backend holds no model: there was nothing to release.",
    advice: "What is still in use belongs to other programs, or is a CUDA context that only a restart frees.",
  },
  "release-cancelled": {
    message: "The release was cancelled by {by} before anything was asked of the backend.",
    advice: "Press the button again when you want to release.",
  },
  "cancelled-partly": {
    message: "The release was cancelled by {by}; what had been released before stays released.",
    advice: "Press the button again to release the rest.",
  },
  "not-waiting": {
    message: "There is no release that waits and could be cancelled.",
    advice: "A release that has already called the backend cannot be taken back.",
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
  releasing: {
    message: "A release is in progress.",
    advice: "Wait for its end.",
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
  "never-fits": {
    message:
      "This job can never run here: it needs {peak} MiB on each of {gpus} GPUs, and GPU {gpu} has {room} MiB when it is empty ({missing} MiB too few).",
    advice: "Ask GET /api/v1/fit what would make it fit: other settings, more GPUs or a lighter model.",
  },
  "too-few-gpus": {
    message: "This job needs {wanted} GPUs, and it may use {there}.",
    advice: "Choose a profile for fewer GPUs, or allow more of them.",
  },
  "no-room": {
    message:
      "GPU {gpu}: {free} MiB free − {promised} MiB that running jobs will still take − {reserve} MiB kept free is less than {peak} MiB ({missing} MiB too few).",
    advice: "The job starts when other jobs end or other programs give VRAM back.",
  },
  outranked: {
    message: "There would be room on GPU {gpu}, but it is kept for a job that has waited for long.",
    advice: "This one starts beside it, before it where it will have ended by then, or on another GPU.",
  },
  "list-needed": {
    message: "GPU {gpu} has room, but nvidia-smi does not say who uses it, and something there is at work.",
    advice: "The job starts once the GPU has been quiet for 15 seconds, or when the processes can be listed.",
  },
  "list-awaited": {
    message: "There is room: the job starts as soon as the processes on the GPU have been listed.",
    advice: "That takes a second or two.",
  },
  "starts-alone": {
    message: "Nothing is known of what this job takes, so it waits until nothing runs on GPU {gpu}.",
    advice: "Name a profile, a signature or peakMiB; after it has run here once, its peak is known.",
  },
  "not-sampling": {
    message: "Room cannot be told at present: no GPU reports its VRAM.",
    advice:
      "See what the panel says about the source of the samples. The job starts when figures come again.",
  },
  "demo-machine": {
    message:
      "The GPUs of this panel are simulated, because no NVIDIA driver was found: no job can be let in by them.",
    advice: "Run your job without asking, or start the panel where nvidia-smi works.",
  },
  "job-ended": {
    message: "This job has ended already: {state}.",
    advice: "A job that sends no heartbeat within its time-to-live counts as dead. Ask for a new one.",
  },
  "too-many-waiting": {
    message: "There are {count} jobs already, as many as can be kept.",
    advice: "Wait until some of them have ended.",
  },
  "alert-over": {
    message: "There is no such alert, or it is over.",
    advice: "Look at the list of alerts again.",
  },
  "alerts-not-sent": {
    message: "Alerts do not reach a receiver: {receiver}.",
    advice:
      "The terminal tells what it answers. They are sent again by themselves for a day; POST /api/v1/alerts/test tries it.",
  },
  "history-not-stored": {
    message: "History is not written to disk: {detail}",
    advice:
      "It is kept in memory and written as soon as that works; what is not written by then is lost when the sidecar ends. Make room, close the other sidecar that uses the same folder, or choose a folder with --data-dir.",
  },
  "history-no-sqlite": {
    message: "History is kept in memory only: SQLite cannot be loaded on this machine.",
    advice:
      "It is forgotten when the sidecar ends. Use Node 22.13 or later, which brings SQLite, or install the package libsql for this platform (npm install without --omit=optional).",
  },
  "folder-held": {
    message: "Another panel uses the data folder {folder} ({panel}).",
    advice:
      "Open that one, or give this one a folder of its own with --data-dir. Meanwhile this panel lets no job in, keeps history and what it learns in memory, and tries again every minute.",
  },
  "data-newer": {
    message: "{file} was written by a newer version of the panel.",
    advice:
      "It is left as it is. Start the newer version again, or choose another folder with --data-dir; this panel keeps in memory what belongs there and forgets it when it ends.",
  },
  "data-not-kept": {
    message: "Jobs, releases, alerts or decisions are not written to disk: {detail}",
    advice:
      "They are kept in memory and written as soon as that works; what is not written by then is lost when the panel ends. Make room, or choose a folder with --data-dir.",
  },
  "bad-request": {
    message: "The request cannot be understood: {detail}",
    advice: "Check it against the documentation.",
  },
  "body-too-large": {
    message: "The body of the request is larger than {bytes} bytes.",
    advice: "Send less: nothing that this panel takes is as large.",
  },
  "too-many-connections": {
    message: "Too many connections are open.",
    advice: "Close some of them; {most} may be open at the same time.",
  },
  "not-found": { message: "There is nothing at {path}.", advice: "Check the address." },
  "method-not-allowed": { message: "{method} is not possible here.", advice: "Use {allowed}." },
  "protocol-version": {
    message: "This page speaks protocol {client}, the sidecar {server}.",
    advice: "Reload the page; if that does not help, update whichever is older.",
  },
  "too-many-viewers": {
    message: "{most} viewers are connected, and this sidecar may open no more connections.",
    advice: "Close pages that nobody looks at, or raise the limit of open files (ulimit -n).",
  },
  "origin-refused": {
    message: "Pages of {origin} may not connect to this sidecar.",
    advice: "Start the sidecar with --allow-origin {origin}.",
  },
  "host-refused": {
    message: "The sidecar does not answer to the name {host}.",
    advice: "Use its own address, or start it with --allow-origin and the address you use.",
  },
  "sidecar-address": {
    message: "{url} is no address of a sidecar.",
    advice: "Give the address that the sidecar prints when it starts, such as http://127.0.0.1:7870/.",
  },
  "wrong-token": {
    message: "The token is not right.",
    advice: "Open the panel with the link that the sidecar printed when it started.",
  },
  "too-many-requests": {
    message: "Too many requests from this address.",
    advice: "Wait {seconds} s and try again.",
  },
};
