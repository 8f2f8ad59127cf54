import { useContext, useEffect, useState } from "react";
import * as v from "valibot";
import { fillIn } from "../../../shared/problems/fill-in.ts";
import { replySchema } from "../../../shared/protocol/reply.ts";
import { type ReleaseRecord, releaseRecordSchema } from "../../../shared/release/record.ts";
import { moment } from "../../i18n/durations.ts";
import { DASH } from "../../i18n/format.ts";
import { useReleaseWords } from "../../i18n/use-messages.ts";
import { Styles } from "../../shadow/Styles.tsx";
import { selectBackends, selectRelease } from "../../store/selectors.ts";
import { usePanel, usePanelParts } from "../../store/use-panel.ts";
import css from "../../styles/release-dialog.css?inline";
import { broughtOf, sayAct } from "../handover/past-act.ts";
import { LookContext } from "../settings/look.ts";
import { backendNameOf } from "./backend-name.ts";

const SHOWN = 10;

const recordsReply = replySchema(v.array(releaseRecordSchema));

/** The last releases: when, by whom, and what came back. */
export default function PastReleases() {
  const words = useReleaseWords();
  const { language } = useContext(LookContext);
  const { source } = usePanelParts();
  const { id, state, late } = usePanel(selectRelease);
  const backends = usePanel(selectBackends);
  const [records, setRecords] = useState<readonly ReleaseRecord[] | null>(null);
  const version = `${id} ${state} ${late?.freedMiB}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for anew whenever a release has changed
  useEffect(() => {
    let wanted = true;
    void source
      .ask(recordsReply, (sidecar) => sidecar.emitWithAck("past-releases"))
      .then((reply) => {
        if (wanted && reply.ok) setRecords(reply.data);
      });
    return () => {
      wanted = false;
    };
  }, [source, version]);
  const nameOf = (name: string) => backendNameOf(name, backends);
  if (words === null || records === null) return null;
  if (records.length === 0) return <p className="muted">{words.noPast}</p>;
  return (
    <ul className="past">
      <Styles css={css} />
      {records.slice(0, SHOWN).map((record) => (
        <li key={record.id}>
          <span className="muted">
            {record.reason === undefined
              ? fillIn(words.pastRow, {
                  time: moment(record.startedAt, language),
                  by: record.requestedBy ?? DASH,
                  mode: record.parts.map(({ backend }) => backend).join(", "),
                })
              : sayAct(record, words.handover.past, nameOf, moment(record.startedAt, language))}
          </span>
          <b>{record.state === "failed" ? words.pastFailed : broughtOf(record, language)}</b>
        </li>
      ))}
    </ul>
  );
}
