import type { KeptWords } from "../codes.ts";

export const keptProblemsZhCn: KeptWords = {
  "unknown-session": {
    message: "该记录段已不存在。",
    advice: "请重新加载列表，可能已被他人删除。",
  },
  "too-many-sessions": {
    message: "已有 {count} 个记录段正在进行。",
    advice: "请先结束其中一个。",
  },
  "log-stopped": {
    message: "日志无法写入（{reason}）。",
    advice: "请清理磁盘空间，或用 --log-csv、--log-jsonl 换一个文件。程序会自动重试写入，面板不受影响。",
  },
  "alert-over": {
    message: "没有这条告警，或它已经结束。",
    advice: "请重新查看告警列表。",
  },
  "alerts-not-sent": {
    message: "通知未能送达接收方：{receiver}。",
    advice: "终端会显示对方的答复。程序会在一天内自动重发；可用 POST /api/v1/alerts/test 试发。",
  },
  "history-not-stored": {
    message: "历史记录未能写入磁盘：{detail}",
    advice:
      "暂存于内存，恢复后会自动写入；若在此之前面板服务退出，未写入的部分将丢失。请清理磁盘空间、关闭使用同一文件夹的另一个面板服务，或用 --data-dir 另选文件夹。",
  },
  "history-no-sqlite": {
    message: "历史记录只保存在内存中：本机无法加载 SQLite。",
    advice:
      "面板服务退出后历史即丢失。请使用自带 SQLite 的 Node 22.13 或更高版本，或安装适用于本平台的 libsql 包（npm install 时不要加 --omit=optional）。",
  },
  "folder-held": {
    message: "另一个面板正在使用数据文件夹 {folder}（{panel}）。",
    advice:
      "请打开那个面板，或用 --data-dir 为本面板另选文件夹。在此期间，本面板不接受任务，历史和学到的数据只保存在内存中，并每分钟重试一次。",
  },
  "data-newer": {
    message: "{file} 由更新版本的面板写入。",
    advice:
      "该文件保持不变。请重新启动新版本，或用 --data-dir 另选文件夹；本面板相应的数据只保存在内存中，退出后即丢失。",
  },
  "data-not-kept": {
    message: "任务、释放、告警或决策的记录未能写入磁盘：{detail}",
    advice:
      "暂存于内存，恢复后会自动写入；若在此之前面板退出，未写入的部分将丢失。请清理磁盘空间，或用 --data-dir 另选文件夹。",
  },
};
