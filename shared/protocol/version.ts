/** Version of the socket protocol. Raised when a message changes in a way an older panel cannot read. */
export const PROTOCOL_VERSION = 2;
