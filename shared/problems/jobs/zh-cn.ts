import type { JobWords } from "../codes.ts";

export const jobsProblemsZhCn: JobWords = {
  "never-fits": {
    message:
      "此任务在本机永远无法运行：需要 {gpus} 块 GPU 各 {peak} MiB，而 GPU {gpu} 全空时也只有 {room} MiB（还差 {missing} MiB）。",
    advice: "可用 GET /api/v1/fit 查询怎样才能放下：其他设置、更多 GPU 或更轻的模型。",
  },
  "too-few-gpus": {
    message: "此任务需要 {wanted} 块 GPU，可用的有 {there} 块。",
    advice: "请选择所需 GPU 较少的任务类型，或允许使用更多 GPU。",
  },
  "no-room": {
    message:
      "GPU {gpu}：空闲 {free} MiB − 运行中任务还会占用的 {promised} MiB − 留空 {reserve} MiB，小于 {peak} MiB（还差 {missing} MiB）。",
    advice: "其他任务结束或其他程序归还显存后，任务就会开始。",
  },
  outranked: {
    message: "GPU {gpu} 上本有空间，但已为等待已久的任务保留。",
    advice: "此任务可在其旁边开始；若能在其开始前结束，也可先行开始；或在其他 GPU 上开始。",
  },
  "list-needed": {
    message: "GPU {gpu} 有空间，但 nvidia-smi 没有说明谁在使用它，而且上面有程序在工作。",
    advice: "该 GPU 安静 15 秒后，或能列出进程时，任务就会开始。",
  },
  "list-awaited": {
    message: "空间足够：列出 GPU 上的进程后任务就会开始。",
    advice: "需要一两秒。",
  },
  "starts-alone": {
    message: "不知道此任务会占用多少，因此要等到 GPU {gpu} 上没有任务运行。",
    advice: "请指定任务类型、signature 或 peakMiB；在此运行过一次后，其峰值即为已知。",
  },
  "not-sampling": {
    message: "目前无法判断空间：没有 GPU 报告显存。",
    advice: "请查看面板对采样来源的说明。数据恢复后任务就会开始。",
  },
  "demo-machine": {
    message: "未找到 NVIDIA 驱动，此面板的 GPU 是模拟的：不能据此放行任务。",
    advice: "请直接运行任务而不必询问，或在 nvidia-smi 可用的机器上启动面板。",
  },
  "job-ended": {
    message: "此任务已经结束：{state}。",
    advice: "在有效期内没有心跳的任务视为已终止。请重新申请。",
  },
  "card-held": {
    message: "显卡已被 {by} 占用：暂不放行任何任务。",
    advice: "闲置几分钟后会自动归还，也可用 DELETE /api/v1/hold 归还。",
  },
  "too-hot": {
    message: "GPU 温度高于 {limit} °C：降温几度之前不会启动任何任务。",
    advice: "请检查散热，或另设 holdAboveC。",
  },
  "too-many-waiting": {
    message: "已有 {count} 个任务，不能再多。",
    advice: "请等其中一些结束。",
  },
};
