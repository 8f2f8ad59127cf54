import type { Gpu, GpuProcess } from "../../../shared/gpu/gpu.ts";
import { DASH, gib, whole, withUnit } from "../../i18n/format.ts";
import type { GpuWords } from "../../i18n/gpu/words.ts";
import type { Messages } from "../../i18n/messages.ts";
import { useLater, useMessages } from "../../i18n/use-messages.ts";
import { selectBackends } from "../../store/selectors.ts";
import { usePanel } from "../../store/use-panel.ts";
import { Disclosure } from "../../ui/Disclosure.tsx";
import { backendNameOf } from "../release/backend-name.ts";
import { shortName } from "./short-name.ts";

/** What is wanted seldom: who holds the VRAM, and the slower figures. */
export function GpuDetails({ gpu }: { gpu: Gpu }) {
  const m = useMessages();
  const words = useLater()?.gpu;
  return (
    <Disclosure className="gpu-details" summary={m.details}>
      {() =>
        words !== undefined && (
          <>
            <Processes processes={gpu.processes} m={m} words={words} />
            <Facts gpu={gpu} m={m} words={words} />
          </>
        )
      }
    </Disclosure>
  );
}

function Facts({ gpu, m, words }: { gpu: Gpu; m: Messages; words: GpuWords }) {
  const throttle = gpu.throttle?.map((reason) => words.throttleReasons[reason] ?? reason).join(", ");
  const rows: [string, string][] = [
    [m.free, gpu.memoryFreeMiB === null ? DASH : `${whole(gpu.memoryFreeMiB)} MiB`],
    [words.reserved, gpu.memoryReservedMiB === null ? DASH : `${whole(gpu.memoryReservedMiB)} MiB`],
    [words.memoryBandwidth, withUnit(gpu.utilizationMemoryPct, " %")],
    [m.fan, withUnit(gpu.fanPct, " %")],
    [words.pstate, gpu.pstate ?? DASH],
    [words.throttle, throttle === "" ? words.no : (throttle ?? DASH)],
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

function Processes({
  processes,
  m,
  words,
}: {
  processes: readonly GpuProcess[] | null;
  m: Messages;
  words: GpuWords;
}) {
  const backends = usePanel(selectBackends);
  if (processes === null || processes.length === 0) {
    return <p className="muted small">{processes === null ? words.processesUnknown : words.noProcesses}</p>;
  }
  return (
    <table className="processes">
      <thead>
        <tr>
          <th scope="col">{words.pid}</th>
          <th scope="col">{words.process}</th>
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
