import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { DASH, gib, withUnit } from "../../i18n/format.ts";
import { useFullWords } from "../../i18n/full/use-full-words.ts";
import type { GpuWords } from "../../i18n/gpu/words.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { backendNameOf } from "../release/backend-name.ts";
import { shortName } from "./short-name.ts";

/** The slower figures. */
export function Facts({ gpu, words }: { gpu: Gpu; words: GpuWords }) {
  const { columns } = useFullWords();
  const throttle = gpu.throttle?.map((reason) => words.throttleReasons[reason] ?? reason).join(", ");
  const gibOf = (mib: number | null) => (mib === null ? DASH : `${gib(mib)} GiB`);
  const limit = gpu.powerLimitW === null ? "" : ` / ${withUnit(gpu.powerLimitW, " W")}`;
  const rows: [string, string][] = [
    [words.free, gibOf(gpu.memoryFreeMiB)],
    [words.reserved, gibOf(gpu.memoryReservedMiB)],
    [columns.power, `${withUnit(gpu.powerDrawW, " W")}${limit}`],
    [words.memoryBandwidth, withUnit(gpu.utilizationMemoryPct, "%")],
    [words.fan, withUnit(gpu.fanPct, "%")],
    [words.pstate, gpu.pstate ?? DASH],
    [words.throttle, throttle === "" ? words.no : (throttle ?? DASH)],
  ];
  return (
    <dl>
      {rows.map(([name, value]) => (
        <div className="kv" key={name}>
          <dt className="muted">{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ProcessesProps {
  processes: readonly GpuProcess[] | null;
  words: GpuWords;
}

/** Who holds the VRAM. */
export function Processes({ processes, words }: ProcessesProps) {
  const m = useMessages();
  const backends = usePanel(selectBackends);
  if (processes === null || processes.length === 0) {
    return <p className="muted">{processes === null ? words.processesUnknown : words.noProcesses}</p>;
  }
  return (
    <table className="processes">
      <thead>
        <tr>
          <th scope="col" className="lb">
            {words.pid}
          </th>
          <th scope="col" className="lb">
            {words.process}
          </th>
          <th scope="col" className="lb">
            {m.vram}
          </th>
        </tr>
      </thead>
      <tbody>
        {processes.map(({ pid, name, usedMiB, backend }) => (
          <tr key={pid}>
            <td>{pid}</td>
            <td className="process-name" title={name ?? undefined}>
              {name === null ? m.hiddenName : shortName(name)}
              {backend !== undefined && <b> {backendNameOf(backend, backends)}</b>}
            </td>
            <td>{usedMiB === null ? DASH : `${gib(usedMiB)} GiB`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
