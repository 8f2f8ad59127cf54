import type { SourceWords } from "../codes.ts";

export const sourceProblemsZhCn: SourceWords = {
  "nvidia-smi-not-found": {
    message: "找不到 nvidia-smi。",
    advice: "请安装 NVIDIA 驱动，或用 --nvidia-smi 指定路径。在容器中请用 --gpus all 启动。",
  },
  "nvidia-smi-not-runnable": {
    message: "无法启动 nvidia-smi：{detail}",
    advice: "请检查 --nvidia-smi 给出的路径，以及该文件是否可执行。",
  },
  "no-driver": {
    message: "NVIDIA 驱动没有响应。",
    advice: "请加载内核模块（modprobe nvidia）或重装驱动；升级内核后请重启。",
  },
  "driver-library-mismatch": {
    message: "驱动与库的版本不一致。",
    advice: "驱动在运行中被升级：请重启，或卸载并重新加载 nvidia 内核模块。在容器中请重启容器。",
  },
  "driver-library-missing": {
    message: "找不到驱动的 NVML 库。",
    advice: "在容器中请使用 NVIDIA 容器运行时并加 --gpus all 启动。在 WSL 中请更新 Windows 上的驱动。",
  },
  "nvml-unknown-error": {
    message: "NVML 报告未知错误。",
    advice: "在容器中，这通常发生在宿主机重新加载 cgroup 之后：请重启容器。否则请重启机器。",
  },
  "nvml-internal-error": {
    message: "驱动报告内部错误：{detail}",
    advice:
      "请在 dmesg 中查找 NVRM 和 Xid 信息，然后重新加载驱动或重启。在 WSL 中，请更新 Windows 上的 NVIDIA 驱动并运行 wsl --update。",
  },
  "wsl-crash": {
    message: "nvidia-smi 在 WSL 中崩溃（{detail}）。",
    advice:
      "请运行 wsl --update，再运行 wsl --shutdown，并更新 Windows 上的 NVIDIA 驱动。不要在 WSL 内安装驱动。",
  },
  "out-of-resources": {
    message: "系统资源不足，无法启动 nvidia-smi：{detail}",
    advice:
      "打开的文件或进程数已达上限：请提高限制（ulimit -n、ulimit -u），关闭无人查看的页面，或释放内存。程序会自动重试。",
  },
  "no-devices": {
    message: "nvidia-smi 没有找到 GPU。",
    advice:
      "在容器中请用 --gpus all 启动，并检查 NVIDIA_VISIBLE_DEVICES。在宿主机上请检查显卡的插槽和供电（lspci）。较新的显卡可能需要驱动的开源内核模块，或在固件中开启 Above 4G Decoding 和 Resizable BAR。",
  },
  "gpu-lost": {
    message: "有 GPU 不再响应：{gpu}。",
    advice: "其上的任务已丢失。请在 dmesg 中查找 Xid 信息；通常只有重启才能恢复。",
  },
  "gpu-needs-reset": {
    message: "有 GPU 需要重置后才能使用：{gpu}。",
    advice: "请停止其上的所有进程，然后运行 nvidia-smi --gpu-reset，或重启。",
  },
  "permission-denied": {
    message: "nvidia-smi 没有读取 GPU 的权限。",
    advice: "请用可以打开 /dev/nvidia* 的用户运行，或授予容器 GPU 权限。",
  },
  "wsl-blocked": {
    message: "Windows 阻止了 WSL 访问 GPU。",
    advice: "请更新 Windows 上的 NVIDIA 驱动，运行 wsl --update，然后运行 wsl --shutdown。",
  },
  "query-refused": {
    message: "nvidia-smi 拒绝了查询：{detail}",
    advice: "驱动可能过旧，不支持循环查询（需要 390 或更新）。请更新驱动。",
  },
  "no-output": {
    message: "nvidia-smi 已有 {seconds} 秒没有输出。",
    advice: "驱动可能已挂起：请在 dmesg 中查找 Xid 信息。采样会自动重试。",
  },
  "slow-first-answer": {
    message: "nvidia-smi 已有 {seconds} 秒没有响应：正在等待驱动的首次应答。",
    advice:
      "GPU 较多时可能需要一分钟。开启持久模式（nvidia-persistenced 或 nvidia-smi -pm 1）可让驱动保持加载。",
  },
  "slow-answers": {
    message: "nvidia-smi 每次采样需要 {seconds} 秒。",
    advice: "机器繁忙或驱动较慢：数据会按其应答速度更新。可用更长的 --interval 减轻负担。",
  },
  "no-figures": {
    message: "驱动仍列出 GPU，但不再给出任何数据。",
    advice: "请在 dmesg 中查找 Xid 信息，并手动运行 nvidia-smi。通常需要重新加载驱动或重启机器。",
  },
  "gpus-not-there": {
    message: "本机没有 GPU {missing}（现有：{there}）。",
    advice: "请用 --gpus 从 nvidia-smi -L 列出的 GPU 中选择。",
  },
  "unreadable-output": {
    message: "nvidia-smi 的输出不是采样数据：{detail}",
    advice: "请手动运行 --nvidia-smi 给出的命令，查看其输出。",
  },
  "process-ended": {
    message: "nvidia-smi 自行退出（{detail}）。",
    advice: "它会自动重新启动。如果反复出现，请手动运行 nvidia-smi 查看提示。",
  },
  "replay-unreadable": {
    message: "无法读取录制文件：{detail}。",
    advice: "请用 --source replay:文件 指定一个 CSV 日志后重新启动。",
  },
  "replay-no-header": {
    message: "录制文件的第一行不是列名。",
    advice:
      "请使用本面板的日志，或 nvidia-smi --format=csv 的输出；若日志是用 noheader 写的，请在首行补上当时查询的字段名（须含 timestamp）。",
  },
  "replay-empty": {
    message: "录制文件中没有可读的行（{wrong} 行无法读取）。",
    advice: "请检查文件是否正确、是否完整写入。",
  },
  "no-replay": {
    message: "没有可播放的录制文件。",
    advice: "请用 --source replay:文件 启动。",
  },
  replaying: {
    message: "当前显示的是录制回放，没有可释放的显存。",
    advice: "要操作当前的 GPU，请去掉 --source replay 后重新启动。",
  },
};
