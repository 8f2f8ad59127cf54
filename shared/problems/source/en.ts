import type { SourceWords } from "../codes.ts";

export const sourceProblemsEn: SourceWords = {
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
  "no-replay": {
    message: "There is no recording to play.",
    advice: "Start the sidecar with --source replay:FILE.",
  },
  replaying: {
    message: "A recording is shown: there is nothing to release.",
    advice: "Start the sidecar without --source replay to act on the GPUs of now.",
  },
};
