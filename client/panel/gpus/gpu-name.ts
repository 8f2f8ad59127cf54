/** What tells nothing of a card where there is little room. */
const BRAND = /^NVIDIA (?:GeForce )?/;

export const gpuName = (name: string) => name.replace(BRAND, "");
