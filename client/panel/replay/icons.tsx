import { Icon } from "../../ui/Icon.tsx";

export const PlayIcon = () => (
  <Icon>
    <path d="M5 3.2v9.6l7.5-4.8Z" fill="currentColor" />
  </Icon>
);
export const PauseIcon = () => (
  <Icon>
    <path d="M5.5 3.5v9M10.5 3.5v9" strokeWidth="2.4" />
  </Icon>
);
