import type { GroupWords } from "../codes.ts";

export const groupProblemsZhCn: GroupWords = {
  "group-away": {
    message: "无法连接 Redis，其他主机显示的是之前的状态：{detail}",
    advice: "会自动重试。请检查 --redis-url，并确认 Redis 正在运行。",
  },
  "group-stranger": {
    message: "Redis 中有群组 {group} 的条目未用群组密钥签名，已忽略。",
    advice: "请用相同的 --group-secret 启动群组中的每台主机，或检查还有谁在写入。",
  },
  "group-twin": {
    message: "群组中另一个面板也叫 {name}，地址也相同。",
    advice: "请为其中一个设置不同的 --host-name，以及其他主机可访问的 --address。",
  },
  "group-clock": {
    message: "按本机时钟，{name} 发布的内容不是当前的，已忽略。",
    advice: "请校准两台机器的时钟（NTP）：相差不得超过一分钟。",
  },
  "peer-away": {
    message: "无法连接 {name}。",
    advice: "请确认其面板正在运行，并检查配置文件 peers 中的地址。",
  },
};
