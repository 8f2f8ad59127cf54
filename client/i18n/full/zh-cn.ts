import type { FullWords } from "./words.ts";

export const fullZhCn: FullWords = {
  columns: {
    used: "已用",
    temp: "温度",
    power: "功率",
    room: "可再开",
    spark: "2 分钟",
    needed: "还需",
    safety: "安全线",
  },
  waitingForGpus: "正在读取 GPU……",
  openGpu: "GPU {index} 的详情",
  nothing: "无占用",
  fullscreen: "全屏",
  noFullscreen: "浏览器或外层页面不允许全屏",
  running: "{n} 个运行中",
  max: "推荐最大并发数：{n}",
  host: { cpu: "CPU {load}/{count}", memory: "内存 {used}/{total} GiB", driver: "驱动 {version}" },
};
