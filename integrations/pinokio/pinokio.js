// What Pinokio shows: one thing to do next, by what is installed and what runs.
module.exports = {
  version: "4.0",
  title: "GPU Status Panel",
  description:
    "Live VRAM, how many more jobs fit, and a Release VRAM button whose result is measured. 实时显存、还能再开几个任务，以及结果可测的释放显存按钮。",
  menu: async (_kernel, info) => {
    if (info.running("install.js"))
      return [{ default: true, text: "Installing 正在安装", href: "install.js" }];
    if (!info.exists("env")) return [{ default: true, text: "Install 安装", href: "install.js" }];
    if (info.running("start.js")) {
      const terminal = { text: "Terminal 终端", href: "start.js" };
      const { url } = info.local("start.js") ?? {};
      return url
        ? [{ default: true, text: "Panel 面板", href: url }, terminal]
        : [{ ...terminal, default: true }];
    }
    if (info.running("update.js")) return [{ default: true, text: "Updating 正在更新", href: "update.js" }];
    if (info.running("reset.js")) return [{ default: true, text: "Resetting 正在重置", href: "reset.js" }];
    return [
      { default: true, text: "Start 启动", href: "start.js" },
      { text: "Update 更新", href: "update.js" },
      { text: "Reset 重置", href: "reset.js", confirm: "Remove the environment? 删除环境？" },
    ];
  },
};
