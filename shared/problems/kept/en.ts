import type { KeptWords } from "../codes.ts";

export const keptProblemsEn: KeptWords = {
  "unknown-session": {
    message: "There is no such session any more.",
    advice: "Load the list again: somebody may have removed it.",
  },
  "too-many-sessions": {
    message: "{count} sessions are going on already.",
    advice: "End one of them first.",
  },
  "log-stopped": {
    message: "A log is not being written ({reason}).",
    advice:
      "Make room on the disk, or choose another file with --log-csv or --log-jsonl. Writing is tried again by itself; the panel goes on meanwhile.",
  },
  "alert-over": {
    message: "There is no such alert, or it is over.",
    advice: "Look at the list of alerts again.",
  },
  "alerts-not-sent": {
    message: "Notifications do not reach a receiver: {receiver}.",
    advice:
      "The terminal tells what it answers. They are sent again by themselves for a day; POST /api/v1/alerts/test tries it.",
  },
  "history-not-stored": {
    message: "History is not written to disk: {detail}",
    advice:
      "It is kept in memory and written as soon as that works; what is not written by then is lost when the sidecar ends. Make room, close the other sidecar that uses the same folder, or choose a folder with --data-dir.",
  },
  "history-no-sqlite": {
    message: "History is kept in memory only: SQLite cannot be loaded on this machine.",
    advice:
      "It is forgotten when the sidecar ends. Use Node 22.13 or later, which brings SQLite, or install the package libsql for this platform (npm install without --omit=optional).",
  },
  "folder-held": {
    message: "Another panel uses the data folder {folder} ({panel}).",
    advice:
      "Open that one, or give this one a folder of its own with --data-dir. Meanwhile this panel lets no job in, keeps history and what it learns in memory, and tries again every minute.",
  },
  "data-newer": {
    message: "{file} was written by a newer version of the panel.",
    advice:
      "It is left as it is. Start the newer version again, or choose another folder with --data-dir; this panel keeps in memory what belongs there and forgets it when it ends.",
  },
  "data-not-kept": {
    message: "Jobs, releases, alerts or decisions are not written to disk: {detail}",
    advice:
      "They are kept in memory and written as soon as that works; what is not written by then is lost when the panel ends. Make room, or choose a folder with --data-dir.",
  },
};
