import type { GroupWords } from "../codes.ts";

export const groupProblemsZhCn: GroupWords = {
  "group-away": {
    message: "无法连接 Redis，其他主机显示的是之前的状态：{detail}",
    advice: "会自动重试。请检查 --redis-url（TLS 用 rediss://），并确认 Redis 正在运行。",
  },
  "group-not-admitted": {
    message: "Redis 拒绝本机登录，其他主机显示的是之前的状态：{detail}",
    advice: "请检查 --redis-url 中的用户名和密码，以及该用户是否可以使用键 gpu-panel:*。",
  },
  "group-not-written": {
    message: "Redis 不接受本机写入，其他主机会把本机显示为“已过时”：{detail}",
    advice:
      "会自动重试。请为 Redis 增加内存（maxmemory）或磁盘空间；如果 --redis-url 指向副本，请改为主节点。",
  },
  "group-certificate": {
    message: "本机不信任 Redis 的证书，因此不会向它请求任何内容：{detail}",
    advice:
      "请用 NODE_EXTRA_CA_CERTS=文件（其证书颁发机构的证书）启动面板，并在 --redis-url 中使用证书上的名称。",
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
  "host-unknown": {
    message: "群组中没有主机 {host}。",
    advice: "请使用 GET /api/v1/group 列出的主机 id。",
  },
  "host-unreachable": {
    message: "无法在 {address} 连接 {name}：{detail}",
    advice: "那里没有执行任何操作，也不会留待以后执行。请在其恢复后重试。",
  },
  "host-silent": {
    message: "{name} 没有回答：{detail}",
    advice: "操作可能已经执行。请用相同的 requestId 再次发送：只会执行一次。",
  },
  "host-answer": {
    message: "在 {name} 的地址上回答的不是它的面板（状态 {status}）。",
    advice: "请检查它的 --address 以及前面的代理。",
  },
  "host-refuses": {
    message: "{name} 拒绝了转发的请求：{detail}",
    advice: "请让每台主机使用相同的 --group-secret，或为该 peer 填写令牌。",
  },
  "not-passed-on": {
    message: "没有用于签名的密钥，因此不会向 {name} 转发任何请求。",
    advice: "请用相同的 --group-secret 启动群组中的每台主机，或为该 peer 填写令牌。",
  },
  "no-host": {
    message: "群组中没有在线的主机。",
    advice: "GET /api/v1/group 会说明每台主机的问题。",
  },
  "peer-away": {
    message: "无法连接 {name}。",
    advice: "请确认其面板正在运行，并检查配置文件 peers 中的地址。",
  },
};
