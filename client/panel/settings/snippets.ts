export const SNIPPET_KINDS = ["iframe", "element", "React", "Python"] as const;
export type SnippetKind = (typeof SNIPPET_KINDS)[number];

/** The lines that put this sidecar's panel into another page. Pure. */
export function snippetOf(kind: SnippetKind, address: string): string {
  switch (kind) {
    case "iframe":
      return `<iframe src="${address}embed?view=compact" title="GPU" style="width: 340px; border: 0"></iframe>`;
    case "element":
      return `<script type="module" src="${address}element.js"></script>\n<gpu-status-panel view="compact"></gpu-status-panel>`;
    case "React":
      return `import { GpuStatusPanel } from "gpu-status-panel/react";\n\n<GpuStatusPanel url="${address}" view="compact" />`;
    case "Python":
      return `from gpu_status_panel import mount\n\nmount(demo, url="${address}")`;
  }
}
