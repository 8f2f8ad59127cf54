import type { HealthWords } from "./words.ts";

export const healthEn: HealthWords = {
  title: "Alerts",
  none: "All good",
  severity: { info: "Note", warning: "Warning", critical: "Critical" },
  more: "{n} more",
  acknowledge: "Got it",
  acknowledged: "seen",
  mute: "Snooze",
  muteFor: { "60": "for 1 hour", "480": "for 8 hours", "1440": "for 1 day", "10080": "for 7 days" },
  muted: "snoozed until {time}",
  unmute: "End snooze",
  past: "Past alerts",
  noPast: "No alerts yet.",
  lasted: "{n} min",
  mutedRules: "Snoozed",
  notify: "Notify me in this browser",
  notifyOn: "While the page is open, this browser tells you of alerts and of jobs that end.",
  notifyOff: "Turn off",
  notifyBlocked:
    "Browser notifications are not possible here: they are blocked for this page, or it was not opened by https or on this machine.",
  jobEnded: { done: "Job done", failed: "Job failed" },
  cpuLimit: "CPU limit {n}",
};
