import type { TroubleWords } from "./words.ts";

export const troubleEn: TroubleWords = {
  connection: {
    stale: "No new data for a while: the figures are old.",
    offline: "The panel service cannot be reached: the figures are old. Trying again by itself.",
  },
  demo: {
    askedFor: "Demo data: simulated GPUs, not the ones of this machine.",
    noNvidiaSmi: "Demo data: no NVIDIA driver was found on this machine.",
    advice: "Install the NVIDIA driver, or give its path with --nvidia-smi. In a container, add --gpus all.",
  },
  where: { ubuntu: "Ubuntu", docker: "Docker", wsl: "Windows", check: "Check" },
  copy: "Copy",
  copied: "Copied",
  again: "Try again",
  trying: "Trying …",
  byItself: "It is tried again by itself, too.",
};
