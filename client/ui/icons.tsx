import { Icon } from "./Icon.tsx";

export const ChipIcon = () => (
  <Icon>
    <rect x="4" y="4" width="8" height="8" rx="1.5" />
    <path d="M6 1v3M10 1v3M6 12v3M10 12v3M1 6h3M1 10h3M12 6h3M12 10h3" />
  </Icon>
);
export const ReleaseIcon = () => (
  <Icon>
    <path d="M8 10V2M5 5l3-3 3 3M2.5 10v3.5h11V10" />
  </Icon>
);
export const DownIcon = () => (
  <Icon>
    <path d="m4 6 4 4 4-4" />
  </Icon>
);
