import { Icon } from "../../ui/Icon.tsx";

export const ThermometerIcon = () => (
  <Icon>
    <path d="M6.5 9.2V3a1.5 1.5 0 0 1 3 0v6.2a3 3 0 1 1-3 0ZM8 6v5" />
  </Icon>
);
export const GaugeIcon = () => (
  <Icon>
    <path d="M2.5 12a6 6 0 1 1 11 0M8 10l3-3.5" />
  </Icon>
);
export const BoltIcon = () => (
  <Icon>
    <path d="M9 1.5 3.5 9H8l-1 5.5L12.5 7H8Z" />
  </Icon>
);
