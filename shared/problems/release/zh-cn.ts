import type { ReleaseWords } from "../codes.ts";

export const releaseProblemsZhCn: ReleaseWords = {
  "no-backend": {
    message: "没有配置生成后端。",
    advice: "请用 --backend 加后端类型（如 comfyui）启动；--help 列出了所有类型。",
  },
  "not-allowed": {
    message: "此页面只能查看，不能操作。",
    advice: "请用启动时打印的链接打开面板：链接中带有令牌。",
  },
  "not-direct": {
    message: "从其他机器或经由代理访问时，此页面只能查看，不能操作。",
    advice: "请用 --token 设定令牌后启动面板服务，并在打开面板的地址末尾加上 #token= 和该令牌。",
  },
  "mode-unsupported": {
    message: "{backend} 不支持“{mode}”释放方式。",
    advice: "它支持：{modes}。",
  },
  "unknown-backend": {
    message: "没有名为“{backend}”的后端。",
    advice: "请不要指定后端，或使用状态中 backends 列出的 id。",
  },
  "sidecar-unreachable": {
    message: "与面板服务没有实时连接。",
    advice: "没有释放任何显存。请等面板恢复实时后再按一次按钮。",
  },
  "sidecar-silent": {
    message: "面板服务没有回应。",
    advice: "释放是否已开始无从得知：再次按下按钮之前请先观察数据。",
  },
  "sidecar-restarted": {
    message: "页面打开之后，面板服务已重启。",
    advice: "没有释放任何显存。请重新查看数据，再按一次按钮。",
  },
  "sidecar-closing": { message: "面板服务正在停止。", advice: "请重新启动后查看数据。" },
  "backend-unreachable": {
    message: "无法连接后端（{detail}）。",
    advice: "没有释放任何显存。请检查后端是否在运行，以及 --backend-url 是否正确。",
  },
  "backend-timeout": {
    message: "后端在 {seconds} 秒内没有响应。",
    advice: "它可能正忙于任务或已挂起。数据显示了目前的情况；请稍后再试。",
  },
  "backend-status": {
    message: "后端返回错误：HTTP {status}。",
    advice: "请查看后端日志。是否有显存释放以数据为准。",
  },
  "backend-redirect": {
    message: "后端返回重定向（HTTP {status}），不予跟随。",
    advice: "请用 --backend-url 给出卸载接口的最终地址。",
  },
  "backend-broken-answer": {
    message: "后端中断了响应（{detail}）。",
    advice: "它可能已崩溃或重启：请查看其日志。",
  },
  "backend-unreadable": {
    message: "该地址的响应不像 {kind} 的回答。",
    advice: "请检查 --backend 和 --backend-url：可能是其他程序在监听。",
  },
  "backend-unauthorized": {
    message: "后端要求登录（HTTP {status}）。",
    advice: "请在配置文件的 backends 中填写用户名和密码，或密钥。",
  },
  "backend-rate-limit": {
    message: "后端收到的请求过多（HTTP {status}）。",
    advice: "请等一分钟后再按按钮。",
  },
  "backend-no-api": { message: "后端在运行，但其 API 未开启。", advice: "开启方法：{remedy} 然后重试。" },
  "backend-single-model": {
    message: "此 llama-server 只运行一个模型，无法卸载它。",
    advice: "请不带 -m 启动（路由模式），或加上 --sleep-idle-seconds：空闲后它会自行卸载。",
  },
  "backend-busy": {
    message: "有任务正在运行，现在释放会使其出错。",
    advice: "请选择“当前任务结束后”，或先停止任务。",
  },
  "busy-unknown": {
    message: "无法得知是否有任务在运行。",
    advice: "此后端不提供这一信息。请在没有任务时立即释放，或选择其他方式。",
  },
  "job-did-not-end": {
    message: "正在运行的任务在 {minutes} 分钟内没有结束。",
    advice: "没有向后端发出释放请求。请在任务结束后再按按钮。",
  },
  "job-still-running": {
    message: "{minutes} 分钟后任务仍在运行。",
    advice: "已向后端发出请求，任务结束时会卸载：请观察数据。",
  },
  "job-not-stopped": {
    message: "任务在收到停止指令后 {seconds} 秒内没有停止。",
    advice: "较长的步骤（如 VAE 解码）无法中断。请等其结束后再释放。",
  },
  "jobs-queued": {
    message: "当前任务之后还有 {jobs} 个任务在排队，一停止下一个就会开始。",
    advice: "没有停止任何任务。请选择“当前任务结束后”，或先清空队列。",
  },
  "another-job-began": {
    message: "任务已停止，但另一个任务已经开始，此时释放会破坏它。",
    advice: "没有向后端发出请求。请选择“当前任务结束后”。",
  },
  "queue-left-held": {
    message: "释放期间暂停了后端的队列，但未能恢复。",
    advice: "请在后端自己的页面恢复队列，否则任务不会开始。",
  },
  "models-in-use": {
    message: "任务正在使用它的模型：空闲的模型已卸载。",
    advice: "任务结束后再释放，即可取回其余部分。",
  },
  "not-loaded": {
    message: "后端已接受，但没有加载任何模型。",
    advice: "它的模型可能被锁定或已不存在：请查看后端自己的页面。",
  },
  "hook-refused": {
    message: "后端回答说没有执行。",
    advice: "请查看它的日志。可能有任务正在运行，或启动时缺少所需的参数。",
  },
  "status-field": {
    message: "statusUrl 的回答中没有能说明是否有任务运行的字段“{field}”。",
    advice: "请用路径指定字段，例如 slots.0.busy：布尔值、数字或列表。",
  },
  "nothing-loaded": {
    message: "后端没有加载模型：没有可释放的显存。",
    advice: "仍被占用的显存属于其他程序，或是只有重启进程才能释放的 CUDA 上下文。",
  },
  "model-loading": {
    message: "后端正在加载模型，尚未列出。",
    advice: "请在加载完成后再释放。",
  },
  "model-kept": {
    message: "{model} 没有卸载；它会在 {time} 自行卸载。",
    advice: "它在已加载时被删除或重新创建，或刚有请求用到它：请再释放一次。",
  },
  "model-kept-on": {
    message: "{model} 没有卸载，会一直保留到有人卸载它。",
    advice: "它在已加载时被删除或重新创建，或刚有请求用到它：请再释放一次。",
  },
  "load-failed": {
    message: "无法重新加载 {model}。",
    advice: "显存是否够用，文件是否还在？详情见后端日志。",
  },
  "no-home": {
    message: "{backend} 不能作为 home：只有它自己的下一个任务才会重新加载模型。",
    advice: "请使用 GET /api/v1/handover 的 homes 中的后端，或用 null 表示没有；{backend} 照样会让出显卡。",
  },
  "release-cancelled": {
    message: "{by} 取消了释放，此前没有向后端发出请求。",
    advice: "需要释放时请再按一次按钮。",
  },
  "cancelled-partly": {
    message: "{by} 取消了释放；此前已释放的部分不受影响。",
    advice: "如需释放其余部分，请再按一次按钮。",
  },
  "not-announced": {
    message: "该后端没有可推迟的预告操作。",
    advice: "状态中的 handover.next 说明接下来谁在何时让出显卡。",
  },
  "not-waiting": { message: "没有正在等待、可以取消的释放。", advice: "已向后端发出的释放请求无法撤回。" },
  releasing: { message: "正在释放显存。", advice: "请等待其结束。" },
  preparing: { message: "{backend} 正在加载模型。", advice: "请等它就绪后再按按钮。" },
  "left-to-backend": {
    message: "{by} 不再等待任务结束。",
    advice: "已向后端发出请求，任务结束时会卸载：请观察数据。",
  },
  "unknown-profile": {
    message: "没有符合这些设置的任务类型。",
    advice: "GET /api/v1/profiles 列出了全部类型；可在配置文件中添加自己的。",
  },
  "release-fault": {
    message: "面板服务自身出错，释放中断：{detail}",
    advice: "请反馈此问题。目前的情况以数据为准。",
  },
  "nothing-freed": {
    message: "后端已接受，但 {seconds} 秒内没有显存释放。",
    advice: "显存可能被运行中的任务、其他程序或分配器缓存占用。",
  },
  "vram-grew": {
    message: "显存占用没有下降，反而增加了 {mib} MiB。",
    advice: "有其他程序同时在分配显存：请查看哪些程序在使用 GPU。",
  },
  "not-measured": {
    message: "后端已接受，但没有采样可供测量。",
    advice: "释放了多少无从得知：请查看面板对采样来源的说明。",
  },
};
