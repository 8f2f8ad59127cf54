import type { TroubleWords } from "./words.ts";

export const troubleZhCn: TroubleWords = {
  connection: {
    stale: "已有一段时间没有新数据：数据已过时。",
    offline: "无法连接面板服务：数据已过时。正在自动重试。",
  },
  demo: {
    askedFor: "演示数据：这些是模拟的 GPU，并非本机的 GPU。",
    noNvidiaSmi: "演示数据：本机上没有找到 NVIDIA 驱动。",
    advice: "请安装 NVIDIA 驱动，或用 --nvidia-smi 指定路径。在容器中请加上 --gpus all。",
  },
  where: { ubuntu: "Ubuntu", docker: "Docker", wsl: "Windows", check: "检查" },
  copy: "复制",
  copied: "已复制",
  again: "重试",
  trying: "正在重试……",
  byItself: "面板也会自动重试。",
};
