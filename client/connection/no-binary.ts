/** Stands in for Socket.IO's search for binary values in every message: the protocol is JSON alone. */
export const isBinary = () => false;
export const hasBinary = () => false;

export function deconstructPacket(): never {
  throw new Error("binary messages are not part of this build");
}
export const reconstructPacket = deconstructPacket;
export const decode = deconstructPacket;
