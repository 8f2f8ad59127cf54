import type { GpuWords } from "./words.ts";

export const gpuZhCn: GpuWords = {
  free: "空闲",
  fan: "风扇",
  pstate: "性能状态",
  memoryBandwidth: "显存带宽",
  reserved: "驱动预留",
  throttle: "降频",
  no: "无",
  throttleReasons: {
    "applications-clocks": "应用时钟",
    "power-cap": "功耗上限",
    "hw-slowdown": "硬件降频",
    "sync-boost": "同步加速",
    "sw-thermal": "过热（软件）",
    "hw-thermal": "过热（硬件）",
    "hw-power-brake": "供电制动",
    "display-clocks": "显示时钟",
  },
  noProcesses: "看不到计算进程。在容器中需要宿主机的 PID 命名空间。",
  processesUnknown: "尚不清楚。",
  process: "进程",
  pid: "PID",
};
