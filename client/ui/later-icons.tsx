import { Icon } from "./Icon.tsx";

export const RightIcon = () => (
  <Icon>
    <path d="m6 4 4 4-4 4" />
  </Icon>
);
export const FullscreenIcon = () => (
  <Icon>
    <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
  </Icon>
);
export const PlayIcon = () => (
  <Icon>
    <path d="M4.5 3v10l8-5Z" />
  </Icon>
);
export const ClockIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <path d="M8 4.5V8l2.5 1.5" />
  </Icon>
);
export const SlidersIcon = () => (
  <Icon>
    <path d="M2 4h7M12.5 4H14M2 8h1.5M6.5 8H14M2 12h7M12.5 12H14" />
    <circle cx="10.7" cy="4" r="1.7" />
    <circle cx="5" cy="8" r="1.7" />
    <circle cx="10.7" cy="12" r="1.7" />
  </Icon>
);
export const InfoIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="6" />
    <path d="M8 7.5V11M8 5v.1" />
  </Icon>
);
export const CheckIcon = () => (
  <Icon>
    <path d="m3 8.5 3.5 3.5L13 4.5" />
  </Icon>
);
export const CrossIcon = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
