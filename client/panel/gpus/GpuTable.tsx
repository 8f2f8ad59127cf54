import { memo } from "react";
import { UNKNOWN_PROMISE } from "../../../shared/protocol/state.ts";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { selectAlerts } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { HEAD, ROW, table } from "../../ui/table-roles.ts";
import type { ViewProps } from "../view-props.ts";
import { GpuRow } from "./GpuRow.tsx";
import { sharedName } from "./shared-name.ts";
import { columnsOf, heightOf } from "./table-shape.ts";

/** The GPUs as a table; on wide screens in two columns. */
export function GpuTable({ gpus, capacity }: Omit<ViewProps, "expected">) {
  const alerts = usePanel(selectAlerts);
  const critical = alerts.filter(({ severity, acknowledged }) => severity === "critical" && !acknowledged);
  const shared = sharedName(gpus.map(({ gpu }) => gpu.name));
  const columns = columnsOf(gpus);
  return (
    <section className="gpus" data-rows={heightOf(gpus.length)} data-count={gpus.length}>
      {columns.map((column, c) => (
        <div key={column[0]?.gpu.uuid} {...table("GPU")} className={c > 0 ? "second" : undefined}>
          <TableHead shared={shared} />
          {column.map(({ gpu, position }, i) => {
            const at = i + c * (columns[0]?.length ?? 0);
            return (
              <GpuRow
                key={gpu.uuid}
                gpu={gpu}
                position={position}
                capacity={capacity?.fresh ? (capacity.perGpu[at] ?? null) : null}
                known={capacity?.promises[at] ?? UNKNOWN_PROMISE}
                named={shared === null}
                critical={critical.some((alert) => alert.gpu === gpu.index)}
              />
            );
          })}
        </div>
      ))}
    </section>
  );
}

const TableHead = memo(function TableHead({ shared }: { shared: string | null }) {
  const m = useMessages();
  const { columns } = useFullWords();
  return (
    <div className="gr th" {...ROW}>
      <span className="ix lb" {...HEAD}>
        <span className="spoken-only">#</span>
      </span>
      <span className="nm lb cut" {...HEAD}>
        {shared ?? "GPU"}
      </span>
      <span className="br lb lg" {...HEAD}>
        <span>{m.vram}</span>
        <span>
          <span>
            <i className="k1" />
            {columns.needed}
          </span>
          <span>
            <i className="k2" />
            {columns.safety}
          </span>
        </span>
      </span>
      {(
        [
          ["us", "GiB"],
          ["pc", columns.used],
          ["tc", columns.temp],
          ["ut", m.util],
          ["sp", columns.spark],
          ["pw", columns.power],
          ["ch", columns.room],
        ] as const
      ).map(([area, text]) => (
        <span key={area} className={`${area} lb`} {...HEAD}>
          {text}
        </span>
      ))}
      <span className="op" {...HEAD}>
        <span className="spoken-only">{m.release.details}</span>
      </span>
    </div>
  );
});
