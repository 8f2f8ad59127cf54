import type { GroupWords } from "./words.ts";

export const groupZhCn: GroupWords = {
  title: "组内主机",
  alone: "本机没有 GPU，显示的是组 {name}：{hosts}。",
  beside: "组 {name}：{hosts}",
  hosts: { one: "1 台主机", more: "{n} 台主机" },
  answer: {
    some: "还能再开 {n} 个：{where}",
    on: "{host} {n} 个",
    between: "，",
    others: "其他主机 {n} 个",
    none: "所有主机都放不下了",
    unknown: "尚不知还能开几个",
  },
  forProfile: "任务类型 {profile}",
  status: { live: "在线", starting: "启动中", stale: "已过时", failed: "无数据", unreachable: "无法连接" },
  since: "已过时，{age}",
  filter: "筛选主机",
  sort: { label: "主机排序", name: "名称", room: "余量" },
  columns: {
    host: "主机",
    status: "状态",
    vram: "显存",
    used: "已用",
    util: "利用率",
    temp: "温度",
    room: "可再开",
  },
  waiting: "尚未收到其他主机的消息。",
  noMatch: "没有名称匹配的主机。",
};
