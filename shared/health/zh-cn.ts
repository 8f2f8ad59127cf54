import type { AlertCatalog } from "./words.ts";

export const alertsZhCn: AlertCatalog = {
  between: "：",
  places: { machine: "机器", container: "容器" },
  someProcess: "进程未知",
  rules: {
    "low-utilization": {
      message: "自 {since} 起，任务运行期间 GPU {gpu} 的利用率只有 {percent}%",
      advice: "请检查是否有页面在轮询后端、是否开启了 INFO 日志，或参数有改动（新的形状会重新编译内核）。",
    },
    "vram-red-line": {
      message: "自 {since} 起，GPU {gpu} 的空闲显存仅剩 {gib} GiB，且没有回升",
      advice: "请停止任务、清空缓存（释放显存）或重启 WebUI。",
    },
    recompiling: {
      message: "自 {since} 起，GPU {gpu} 在任务开始后一直空转，却占着 {gib} GiB 显存",
      advice: "很可能在为新的形状编译内核；请固定分辨率、帧数和步数。",
    },
    "vae-decode-peak": {
      message: "{since}，GPU {gpu} 的利用率在任务中途跌到 {percent}%，随后显存耗尽",
      advice: "VAE 解码是峰值；请开启 VAE 分块（tiling）或减少帧数。",
    },
    "cache-not-returned": {
      message: "{since}，GPU {gpu} 在 {jobs} 个任务成功之后显存耗尽，任务开始前已占 {gib} GiB",
      advice: "分配器缓存没有归还；请在任务之间释放显存（清空缓存）。",
    },
    "one-gpu-full": {
      message: "自 {since} 起，GPU {gpu} 的显存已用 {percent}%，而其他 GPU 几乎是空的",
      advice: "请检查并行设置（FSDP、--ulysses_size、序列并行、--nproc_per_node）。",
    },
    leak: {
      message: "自 {since} 起的 {jobs} 个任务，每个任务之后 GPU {gpu} 的显存都增加约 {mib} MiB（{process}）",
      advice: "很可能是显存泄漏；请释放显存，若不回落请重启该程序。",
    },
    "temperature-rising": {
      message: "自 {since} 起，GPU {gpu} 在负载下的温度从 {from} °C 升到 {to} °C",
      advice: "请检查风扇、灰尘、风道和室温，或调低功耗上限。",
    },
    "thermal-throttling": {
      message: "自 {since} 起，GPU {gpu} 因过热而降频，温度 {temperature} °C",
      advice: "请改善散热，或调低功耗上限（nvidia-smi -pl）。",
    },
    "power-brake": {
      message: "自 {since} 起，GPU {gpu} 被硬件降频",
      advice: "请检查电源和显卡供电线。",
    },
    "fan-stopped": {
      message: "自 {since} 起，GPU {gpu} 的风扇停转，温度 {temperature} °C",
      advice: "请停止任务并检查风扇。",
    },
    "gpu-lost": {
      message: "自 {since} 起，GPU {gpu} 没有响应",
      advice: "请在内核日志（dmesg）中查找 Xid 并重启机器；检查显卡是否插好、供电是否正常。",
    },
    "gpu-needs-reset": {
      message: "自 {since} 起，GPU {gpu} 需要重置后才能使用",
      advice: "请停止其上的所有进程，然后运行 nvidia-smi --gpu-reset，或重启机器。",
    },
    "ecc-errors": {
      message: "截至 {since}，GPU {gpu} 报告了 {count} 个无法纠正的显存错误（ECC）",
      advice: "结果可能有误；请重跑任务，重置 GPU 或重启机器，再次出现时请检修显卡。",
    },
    "pcie-degraded": {
      message: "自 {since} 起，GPU {gpu} 在负载下的 PCIe 连接为 {now}，而不是 {best}",
      advice: "请重新插好显卡或转接卡，并检查插槽和 BIOS 设置。",
    },
    xid: {
      message: "{since}，驱动报告 GPU {gpu} 出现 Xid {code}",
      advice: "请重跑任务；再次出现时请检查散热、供电和插槽，并更新驱动。",
    },
    "cpu-load": {
      message: "自 {since} 起，CPU 负载为 {load}（{cores} 核）",
      advice: "请用 top 找出其他进程：notebook、TensorBoard 或另一个生成任务。",
    },
    "cpu-limit": {
      message: "自 {since} 起，容器已用满 {cores} 核的 CPU 限额（{percent}% 的时间）",
      advice: "请提高 CPU 限额，或结束容器内的其他程序。",
    },
    "host-memory": {
      message: "自 {since} 起，{where}内存（{gib} GiB）已用 {percent}%",
      advice: "很快会有进程被杀掉；请减少卸载到 CPU 的部分、减少帧数，或增加内存。",
    },
    "process-killed": {
      message: "{since}，因{where}内存耗尽，内核杀掉了一个进程",
      advice: "耗尽的是内存而不是显存；请减少卸载到 CPU 的部分、减少帧数，或增加内存。",
    },
  },
};
