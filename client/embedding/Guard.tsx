import { Component, type ReactNode } from "react";

/** Keeps a fault of the panel from taking the page around it down. React tells the fault in the console. */
export class Guard extends Component<{ children: ReactNode }, { fault: string | null }> {
  override state = { fault: null };

  static getDerivedStateFromError(error: unknown) {
    return { fault: String(error) };
  }

  override render() {
    const { fault } = this.state;
    return fault === null ? this.props.children : <p role="alert">GPU panel: {fault}</p>;
  }
}
