import { type CSSProperties, type ReactElement, useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import type { LanguageChoice, PanelSnapshot, Release, ThemeChoice, View } from "../../shared/public-types.ts";
import { createBrowserParts } from "../embedding/browser-parts.ts";
import { Guard } from "../embedding/Guard.tsx";
import { HeldPanel } from "../embedding/HeldPanel.tsx";
import { readPanelOptions } from "../embedding/panel-options.ts";
import { openShadow } from "../shadow/open-shadow.ts";

export type * from "../../shared/public-types.ts";

export interface GpuStatusPanelProps {
  /** Address of the sidecar, absolute or relative to the page. Default: `http://127.0.0.1:7870/`. */
  url?: string | undefined;
  /** The sidecar's token, where it has one and this page may act. */
  token?: string | undefined;
  /** Default: `auto`, or what the viewer chose last. */
  theme?: ThemeChoice | undefined;
  /** Default: `auto`, the browser's language, or what the viewer chose last. */
  lang?: LanguageChoice | undefined;
  /** Default: `full`. */
  view?: View | undefined;
  /** Indexes of the GPUs to show: `0`, `"0,1"`, `[0, 1]`. Default: all. */
  gpu?: string | number | readonly number[] | undefined;
  /** Id of the job profile to recommend for. Default: what the viewer chose last. */
  model?: string | undefined;
  /** Called with what the panel shows, at once and whenever that changes. */
  onState?: ((snapshot: PanelSnapshot) => void) | undefined;
  /** Called whenever a release gets on: from the click to the measured result. */
  onRelease?: ((release: Release) => void) | undefined;
  className?: string | undefined;
  /** For the element around the panel: width, margins, `--gpu-panel-*` properties. */
  style?: CSSProperties | undefined;
}

const DEFAULT_URL = "http://127.0.0.1:7870/";
/** Connections are shared by the panels of a page, so they belong to the page and not to a panel. */
const connections = createBrowserParts();

/** The GPU status panel. It draws itself in a shadow root; on a server it renders an empty place. */
export function GpuStatusPanel({
  url = DEFAULT_URL,
  token,
  gpu,
  onState,
  onRelease,
  className,
  style,
  ...asked
}: GpuStatusPanelProps): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  const [mount, setMount] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    const shadow = openShadow(place.current);
    setMount(shadow.mount);
    return () => {
      shadow.close();
      setMount(null);
    };
  }, []);
  const gpus = gpu === undefined ? null : String(gpu);
  const options = readPanelOptions((name) => (name === "gpu" ? gpus : (asked[name] ?? null)));
  return (
    <div ref={place} className={className} style={style} data-gpu-status-panel="">
      {mount !== null &&
        createPortal(
          <Guard>
            <HeldPanel
              connections={connections}
              url={url}
              token={token ?? null}
              options={options}
              onState={onState}
              onRelease={onRelease}
            />
          </Guard>,
          mount,
        )}
    </div>
  );
}
