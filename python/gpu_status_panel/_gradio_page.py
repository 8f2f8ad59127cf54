"""What stands in a Gradio page: the frame, and the line that says whether it fits."""

from __future__ import annotations

import html
import json


FRAME_SCRIPT = "frame.js"
FRAME_HEIGHT = 320
# In a handler plain URL would be the document's. Gradio's pages lie below any path, behind any proxy; whether the panel is there is known before a frame shows it:
# where Gradio's own page answers in its place, a frame would hold itself.
ONLOAD = """
if (!this.dataset.begun) {
  this.dataset.begun = 1;
  const told = window.gradio_config && window.gradio_config.root;
  const root = told ? location.origin + new window.URL(told, location.href).pathname.replace(/\\/*$/, '/') : new window.URL('.', document.baseURI).href;
  const panel = new window.URL('PLACE/', root).href;
  import(panel + 'frame.js').then(({ show }) => show(this, panel), () => {
    const zh = navigator.language.startsWith('zh');
    this.style.height = '60px';
    this.srcdoc = '<p style="margin:8px;font:14px system-ui;color:' + getComputedStyle(this).color + '"></p>';
    this.onload = () => {
      this.contentDocument.querySelector('p').textContent = zh ? 'GPU 状态面板不在 ' + panel + '，或需要登录' : 'The GPU status panel is not at ' + panel + ', or wants a log-in';
    };
  });
}
"""


def frame_html(place: str) -> str:
    """The frame; ``place`` is the panel's path below the app's own."""
    code = " ".join(line.strip() for line in ONLOAD.replace("PLACE", place.strip("/")).splitlines() if line)
    style = f"display:block;width:100%;height:{FRAME_HEIGHT}px;border:0;background:transparent"
    return f'<iframe class="gpu-status-panel" title="GPU" style="{style}" onload="{html.escape(code)}"></iframe>'


def fit_html(signature: object) -> str:
    """The line below a button: of which kind of job it tells. The page asks by itself."""
    told = "" if signature is None else f' data-signature="{html.escape(json.dumps(signature))}"'
    return f'<div class="gpu-status-panel-fit"{told} style="min-height:1.4em;font-size:14px;opacity:.85" aria-live="polite"></div>'


FRAME_JS = """// Shows the panel in a Gradio page, in its theme and as high as it is, and says below a button whether it fits.
const WORDS = {
  en: {
    fits: 'Fits now.', waits: (missing) => `Waits: ${missing} GiB of VRAM are missing.`, some: 'Waits for VRAM.',
    never: 'Will not fit on this GPU with these settings.', learns: 'How much VRAM it takes is learned from the first run.',
  },
  zh: {
    fits: '现在放得下。', waits: (missing) => `需要等待：还差 ${missing} GiB 显存。`, some: '需要等待显存。',
    never: '按这些设置，本机 GPU 放不下。', learns: '首次运行后即可知道需要多少显存。',
  },
};
const words = WORDS[navigator.language.startsWith('zh') ? 'zh' : 'en'];
const themeOf = () => (document.body.classList.contains('dark') ? 'dark' : 'light');

export function show(frame, panel) {
  let theme = themeOf();
  frame.src = `${panel}embed?view=compact&theme=${theme}`;
  const follow = ({ source, data }) => {
    if (!frame.isConnected) removeEventListener('message', follow);
    if (source === frame.contentWindow && data?.type === 'gpu-status-panel:resize') frame.style.height = `${data.height}px`;
  };
  addEventListener('message', follow);
  new MutationObserver(() => {
    const now = themeOf();
    if (now === theme) return;
    theme = now;
    frame.contentWindow?.postMessage({ type: 'gpu-status-panel:theme', theme }, location.origin);
  }).observe(document.body, { attributes: true, attributeFilter: ['class'] });
  tellFits(panel);
}

const DEBOUNCE_MS = 400;
const ANEW_MS = 5000;
let telling = false;

/** Asks when a form has rested for a moment, and every few seconds while somebody looks. */
function tellFits(panel) {
  if (telling) return;
  telling = true;
  const known = new Map();
  setInterval(() => {
    if (document.hidden) return;
    for (const line of document.querySelectorAll('.gpu-status-panel-fit[data-signature]')) {
      const { signature } = line.dataset;
      const one = known.get(line) ?? { signature: '', at: 0, said: '' };
      known.set(line, one);
      if (one.signature !== signature) Object.assign(one, { signature, at: performance.now() + DEBOUNCE_MS });
      if (performance.now() < one.at) continue;
      one.at = performance.now() + ANEW_MS;
      ask(panel, signature).then((said) => { line.textContent = said; }, () => { line.textContent = ''; });
    }
    for (const line of known.keys()) if (!line.isConnected) known.delete(line);
  }, 200);
}

async function ask(panel, signature) {
  const response = await fetch(`${panel}api/v1/fit?signature=${encodeURIComponent(signature)}`);
  if (!response.ok) return '';
  const { fits, missingMiB, never, peakMiB } = await response.json();
  if (fits === null) return '';
  if (never) return words.never;
  if (peakMiB <= 1) return words.learns;
  if (fits) return words.fits;
  return missingMiB ? words.waits((missingMiB / 1024).toFixed(1)) : words.some;
}
"""
