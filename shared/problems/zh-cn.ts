import type { ProblemCatalog } from "./codes.ts";

export const problemsZhCn: ProblemCatalog = {
  "nvidia-smi-not-found": {
    message: "找不到 nvidia-smi。",
    advice: "请安装 NVIDIA 驱动，或用 --nvidia-smi 指定路径。在容器中请用 --gpus all 启动。",
  },
  "nvidia-smi-not-runnable": {
    message: "无法启动 nvidia-smi：{detail}",
    advice: "请检查 --nvidia-smi 给出的路径，以及该文件是否可执行。",
  },
  "no-driver": {
    message: "NVIDIA 驱动没有响应。",
    advice: "请加载内核模块（modprobe nvidia）或重装驱动；升级内核后请重启。",
  },
  "driver-library-mismatch": {
    message: "驱动与库的版本不一致。",
    advice: "驱动在运行中被升级：请重启，或卸载并重新加载 nvidia 内核模块。在容器中请重启容器。",
  },
  "driver-library-missing": {
    message: "找不到驱动的 NVML 库。",
    advice: "在容器中请使用 NVIDIA 容器运行时并加 --gpus all 启动。在 WSL 中请更新 Windows 上的驱动。",
  },
  "nvml-unknown-error": {
    message: "NVML 报告未知错误。",
    advice: "在容器中，这通常发生在宿主机重新加载 cgroup 之后：请重启容器。否则请重启机器。",
  },
  "no-devices": {
    message: "nvidia-smi 没有找到 GPU。",
    advice:
      "在容器中请用 --gpus all 启动，并检查 NVIDIA_VISIBLE_DEVICES。在宿主机上请检查显卡的插槽和供电（lspci）。较新的显卡可能需要驱动的开源内核模块，或在固件中开启 Above 4G Decoding 和 Resizable BAR。",
  },
  "gpu-lost": {
    message: "有 GPU 不再响应：{gpu}。",
    advice: "其上的任务已丢失。请在 dmesg 中查找 Xid 信息；通常只有重启才能恢复。",
  },
  "gpu-needs-reset": {
    message: "有 GPU 需要重置后才能使用：{gpu}。",
    advice: "请停止其上的所有进程，然后运行 nvidia-smi --gpu-reset，或重启。",
  },
  "permission-denied": {
    message: "nvidia-smi 没有读取 GPU 的权限。",
    advice: "请用可以打开 /dev/nvidia* 的用户运行，或授予容器 GPU 权限。",
  },
  "wsl-blocked": {
    message: "Windows 阻止了 WSL 访问 GPU。",
    advice: "请更新 Windows 上的 NVIDIA 驱动，运行 wsl --update，然后运行 wsl --shutdown。",
  },
  "query-refused": {
    message: "nvidia-smi 拒绝了查询：{detail}",
    advice: "驱动可能过旧，不支持循环查询（需要 390 或更新）。请更新驱动。",
  },
  "no-output": {
    message: "nvidia-smi 已有 {seconds} 秒没有输出。",
    advice: "驱动可能已挂起：请在 dmesg 中查找 Xid 信息。采样会自动重试。",
  },
  "slow-first-answer": {
    message: "nvidia-smi 已有 {seconds} 秒没有响应：正在等待驱动的首次应答。",
    advice:
      "GPU 较多时可能需要一分钟。开启持久模式（nvidia-persistenced 或 nvidia-smi -pm 1）可让驱动保持加载。",
  },
  "slow-answers": {
    message: "nvidia-smi 每次采样需要 {seconds} 秒。",
    advice: "机器繁忙或驱动较慢：数据会按其应答速度更新。可用更长的 --interval 减轻负担。",
  },
  "no-figures": {
    message: "驱动仍列出 GPU，但不再给出任何数据。",
    advice: "请在 dmesg 中查找 Xid 信息，并手动运行 nvidia-smi。通常需要重新加载驱动或重启机器。",
  },
  "gpus-not-there": {
    message: "本机没有 GPU {missing}（现有：{there}）。",
    advice: "请用 --gpus 从 nvidia-smi -L 列出的 GPU 中选择。",
  },
  "nvml-internal-error": {
    message: "驱动报告内部错误：{detail}",
    advice:
      "请在 dmesg 中查找 NVRM 和 Xid 信息，然后重新加载驱动或重启。在 WSL 中，请更新 Windows 上的 NVIDIA 驱动并运行 wsl --update。",
  },
  "wsl-crash": {
    message: "nvidia-smi 在 WSL 中崩溃（{detail}）。",
    advice:
      "请运行 wsl --update，再运行 wsl --shutdown，并更新 Windows 上的 NVIDIA 驱动。不要在 WSL 内安装驱动。",
  },
  "out-of-resources": {
    message: "系统资源不足，无法启动 nvidia-smi：{detail}",
    advice:
      "打开的文件或进程数已达上限：请提高限制（ulimit -n、ulimit -u），关闭无人查看的页面，或释放内存。程序会自动重试。",
  },
  "unreadable-output": {
    message: "nvidia-smi 的输出不是采样数据：{detail}",
    advice: "请手动运行 --nvidia-smi 给出的命令，查看其输出。",
  },
  "process-ended": {
    message: "nvidia-smi 自行退出（{detail}）。",
    advice: "它会自动重新启动。如果反复出现，请手动运行 nvidia-smi 查看提示。",
  },
  "replay-unreadable": {
    message: "无法读取录制文件：{detail}。",
    advice: "请用 --source replay:文件 指定一个 CSV 日志后重新启动。",
  },
  "replay-no-header": {
    message: "录制文件的第一行不是列名。",
    advice:
      "请使用本面板的日志，或 nvidia-smi --format=csv 的输出；若日志是用 noheader 写的，请在首行补上当时查询的字段名（须含 timestamp）。",
  },
  "replay-empty": {
    message: "录制文件中没有可读的行（{wrong} 行无法读取）。",
    advice: "请检查文件是否正确、是否完整写入。",
  },
  "unknown-session": {
    message: "该记录段已不存在。",
    advice: "请重新加载列表，可能已被他人删除。",
  },
  "too-many-sessions": {
    message: "已有 {count} 个记录段正在进行。",
    advice: "请先结束其中一个。",
  },
  replaying: {
    message: "当前显示的是录制回放，没有可释放的显存。",
    advice: "要操作当前的 GPU，请去掉 --source replay 后重新启动。",
  },
  "no-replay": {
    message: "没有可播放的录制文件。",
    advice: "请用 --source replay:文件 启动。",
  },
  "log-stopped": {
    message: "日志无法写入（{reason}）。",
    advice: "请清理磁盘空间，或用 --log-csv、--log-jsonl 换一个文件。程序会自动重试写入，面板不受影响。",
  },
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
  "nothing-loaded": {
    message: "后端没有加载模型：没有可释放的显存。",
    advice: "仍被占用的显存属于其他程序，或是只有重启进程才能释放的 CUDA 上下文。",
  },
  "release-cancelled": {
    message: "{by} 取消了释放，此前没有向后端发出请求。",
    advice: "需要释放时请再按一次按钮。",
  },
  "cancelled-partly": {
    message: "{by} 取消了释放；此前已释放的部分不受影响。",
    advice: "如需释放其余部分，请再按一次按钮。",
  },
  "not-waiting": { message: "没有正在等待、可以取消的释放。", advice: "已向后端发出的释放请求无法撤回。" },
  preparing: { message: "{backend} 正在加载模型。", advice: "请等它就绪后再按按钮。" },
  "left-to-backend": {
    message: "{by} 不再等待任务结束。",
    advice: "已向后端发出请求，任务结束时会卸载：请观察数据。",
  },
  "unknown-profile": {
    message: "没有符合这些设置的任务类型。",
    advice: "GET /api/v1/profiles 列出了全部类型；可在配置文件中添加自己的。",
  },
  releasing: { message: "正在释放显存。", advice: "请等待其结束。" },
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
  "too-many-waiting": {
    message: "已有 {count} 个任务，不能再多。",
    advice: "请等其中一些结束。",
  },
  "alert-over": {
    message: "没有这条警报，或它已经结束。",
    advice: "请重新查看警报列表。",
  },
  "alerts-not-sent": {
    message: "警报未能送达接收方：{receiver}。",
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
    message: "任务、释放、警报或决策的记录未能写入磁盘：{detail}",
    advice:
      "暂存于内存，恢复后会自动写入；若在此之前面板退出，未写入的部分将丢失。请清理磁盘空间，或用 --data-dir 另选文件夹。",
  },
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
