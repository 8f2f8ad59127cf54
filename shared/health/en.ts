import type { AlertCatalog } from "./words.ts";

export const alertsEn: AlertCatalog = {
  between: ": ",
  places: { machine: "machine", container: "container" },
  someProcess: "by which process is not known",
  rules: {
    "low-utilization": {
      message: "GPU {gpu} has been only {percent}% busy since {since} while a job runs",
      advice:
        "look for a page that polls the backend, for INFO logging, or for settings that changed (a new shape recompiles kernels).",
    },
    "vram-red-line": {
      message: "GPU {gpu} has had only {gib} GiB of VRAM free since {since}, and it does not become more",
      advice: "stop the job, empty the cache (Release VRAM), or restart the WebUI.",
    },
    recompiling: {
      message: "GPU {gpu} has stood still since {since} at the start of a job although it holds {gib} GiB",
      advice:
        "kernels are probably being compiled for a new shape; keep to one resolution, frame count and step count.",
    },
    "vae-decode-peak": {
      message: "On GPU {gpu} utilization fell to {percent}% in mid-job and then memory ran out, at {since}",
      advice: "the VAE's decoding needs the most; enable VAE tiling, or take fewer frames.",
    },
    "cache-not-returned": {
      message:
        "On GPU {gpu} memory ran out at {since} after {jobs} good jobs, with {gib} GiB held before it began",
      advice: "the allocator's cache was not returned; release VRAM (empty the cache) between jobs.",
    },
    "one-gpu-full": {
      message:
        "GPU {gpu} has had {percent}% of its VRAM in use since {since} while the other GPUs are nearly empty",
      advice: "check the parallel settings (FSDP, --ulysses_size, sequence parallelism, --nproc_per_node).",
    },
    leak: {
      message: "VRAM on GPU {gpu} has grown by {mib} MiB with each of {jobs} jobs since {since} ({process})",
      advice: "this looks like a leak; release VRAM, and restart that program if it does not come back.",
    },
    "temperature-rising": {
      message: "GPU {gpu} has grown hotter under load from {from} to {to} °C since {since}",
      advice: "check fans, dust, air flow and the room's temperature, or lower the power limit.",
    },
    "thermal-throttling": {
      message: "GPU {gpu} has been slowing down because of heat since {since}, at {temperature} °C",
      advice: "improve its cooling, or lower the power limit (nvidia-smi -pl).",
    },
    "power-brake": {
      message: "GPU {gpu} has been slowed down by its hardware since {since}",
      advice: "check the power supply and the card's power cables.",
    },
    "fan-stopped": {
      message: "The fan of GPU {gpu} has stood still since {since} at {temperature} °C",
      advice: "stop the job and check the fan.",
    },
    "gpu-lost": {
      message: "GPU {gpu} has not answered since {since}",
      advice:
        "look for Xid in the kernel's log (dmesg), and reboot; check that the card is seated and powered.",
    },
    "gpu-needs-reset": {
      message: "GPU {gpu} has had to be reset since {since} before anything can use it",
      advice: "stop every process on it, then run nvidia-smi --gpu-reset, or reboot.",
    },
    "ecc-errors": {
      message: "GPU {gpu} has reported uncorrected memory errors (ECC), {count} by {since}",
      advice:
        "results may be wrong; restart the jobs, reset the GPU or reboot, and have the card checked if they return.",
    },
    "pcie-degraded": {
      message: "GPU {gpu} has been connected by PCIe {now} in place of {best} under load since {since}",
      advice: "reseat the card or the riser, and check the slot and the BIOS settings.",
    },
    xid: {
      message: "The driver reported Xid {code} for GPU {gpu} at {since}",
      advice:
        "restart the job; when it comes again, check cooling, power and seating, and update the driver.",
    },
    "cpu-load": {
      message: "The CPU load has been {load} on {cores} cores since {since}",
      advice: "find the other processes (top): notebooks, TensorBoard, another generation.",
    },
    "cpu-limit": {
      message:
        "The container has been at its CPU limit of {cores} cores since {since} ({percent}% of the time)",
      advice: "give it more CPUs, or end other programs in it.",
    },
    "host-memory": {
      message: "{percent}% of the {where}'s memory ({gib} GiB) has been in use since {since}",
      advice:
        "a process will be killed soon; offload less to the CPU, take fewer frames, or give it more RAM.",
    },
    "process-killed": {
      message: "The kernel killed a process at {since} because the {where}'s memory ran out",
      advice: "this was RAM and not VRAM; offload less to the CPU, take fewer frames, or give it more RAM.",
    },
  },
};
