// The panel's frame takes the WebUI's theme and its own height; A1111 runs this file in the page.
onUiLoaded(() => {
  const frame = gradioApp().querySelector("#gpu_status_panel");
  if (frame === null) return;
  const themeOf = () => (document.body.classList.contains("dark") ? "dark" : "light");
  const tell = () => {
    frame.contentWindow?.postMessage({ type: "gpu-status-panel:theme", theme: themeOf() }, location.origin);
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== location.origin) return;
    // The first height tells that the panel listens.
    if (data?.type !== "gpu-status-panel:resize") return;
    frame.style.height = `${data.height}px`;
    tell();
  });
  new MutationObserver(tell).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  tell();
});
