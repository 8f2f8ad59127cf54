import type { WireWords } from "../codes.ts";

export const wireProblemsZhCn: WireWords = {
  "bad-request": { message: "无法理解请求：{detail}", advice: "请对照文档检查。" },
  "body-too-large": {
    message: "请求正文超过 {bytes} 字节。",
    advice: "请减少内容：面板不接受这么大的正文。",
  },
  "too-many-connections": {
    message: "打开的连接过多。",
    advice: "请关闭一些连接；最多可同时打开 {most} 个。",
  },
  "not-found": { message: "{path} 处没有内容。", advice: "请检查地址。" },
  "method-not-allowed": { message: "此处不支持 {method}。", advice: "请使用 {allowed}。" },
  "protocol-version": {
    message: "此页面使用协议 {client}，面板服务使用 {server}。",
    advice: "请刷新页面；如仍不行，请更新较旧的一方。",
  },
  "too-many-viewers": {
    message: "已有 {most} 个页面连接，面板服务无法再打开新的连接。",
    advice: "请关闭无人查看的页面，或提高打开文件数上限（ulimit -n）。",
  },
  "origin-refused": {
    message: "来自 {origin} 的页面不能连接此面板服务。",
    advice: "请用 --allow-origin {origin} 启动面板服务。",
  },
  "host-refused": {
    message: "面板服务不响应 {host} 这个名称。",
    advice: "请使用它自己的地址，或用 --allow-origin 加上所用地址启动。",
  },
  "sidecar-address": {
    message: "{url} 不是面板服务的地址。",
    advice: "请填写面板服务启动时打印的地址，例如 http://127.0.0.1:7870/。",
  },
  "wrong-token": { message: "令牌不正确。", advice: "请用启动时打印的链接打开面板。" },
  "too-many-requests": { message: "来自此地址的请求过多。", advice: "请等 {seconds} 秒后重试。" },
};
