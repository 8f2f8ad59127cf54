import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { DASH, gib, whole, withUnit } from "../../i18n/format.ts";
import type { Messages } from "../../i18n/messages.ts";
import { useMessages } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";
import { backendNameOf } from "../release/backend-name.ts";
import { shortName } from "./short-name.ts";

/** What is wanted seldom: who holds the VRAM, and the slower figures. */
export function GpuDetails({ gpu }: { gpu: Gpu }) {
  const m = useMessages();
  return (
    <Disclosure className="gpu-details" summary={m.details}>
      {() => (
        <>
          <Processes processes={gpu.processes} m={m} />
          <Facts gpu={gpu} m={m} />
        </>
      )}
    </Disclosure>
  );
}

function Facts({ gpu, m }: { gpu: Gpu; m: Messages }) {
  const throttle = gpu.throttle?.map((reason) => m.throttleReasons[reason] ?? reason).join(", ");
  const rows: [string, string][] = [
    [m.free, gpu.memoryFreeMiB === null ? DASH : `${whole(gpu.memoryFreeMiB)} MiB`],
    [m.reserved, gpu.memoryReservedMiB === null ? DASH : `${whole(gpu.memoryReservedMiB)} MiB`],
    [m.memoryBandwidth, withUnit(gpu.utilizationMemoryPct, " %")],
    [m.fan, withUnit(gpu.fanPct, " %")],
    [m.pstate, gpu.pstate ?? DASH],
    [m.throttle, throttle === "" ? m.no : (throttle ?? DASH)],
  ];
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Processes({ processes, m }: { processes: readonly GpuProcess[] | null; m: Messages }) {
  const backends = usePanel(selectBackends);
  if (processes === null || processes.length === 0) {
    return <p className="muted small">{processes === null ? m.processesUnknown : m.noProcesses}</p>;
  }
  return (
    <table className="processes">
      <thead>
        <tr>
          <th scope="col">{m.pid}</th>
          <th scope="col">{m.process}</th>
          <th scope="col" className="right">
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
              {backend !== undefined && <span className="badge">{backendNameOf(backend, backends)}</span>}
            </td>
            <td className="right">{usedMiB === null ? DASH : `${gib(usedMiB)} GiB`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
