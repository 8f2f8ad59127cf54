/** ComfyUI's own that take a picture, a scene or a sound when the workflow is read, upload it, or complain that there is none. */
const TAKE = new Set([
  "WebcamCapture",
  "RecordAudio",
  "Load3D",
  "Load3DAnimation",
  "Load3DAdvanced",
  "Painter",
]);
/** They wait for nothing but what is shown already. */
const HARMLESS = /^(?:Preview|Save)/;
const LEFT_OUT = new Set([2, 4]);

/**
 * Whether a workflow may be read without anybody having pressed Run. Pure.
 * @param nodes of a graph; those of its subgraphs hang on them
 */
export function isQuiet(nodes) {
  return nodes.every((node) => {
    if (LEFT_OUT.has(node.mode)) return true;
    if (TAKE.has(node.type) || !isQuiet(node.subgraph?.nodes ?? [])) return false;
    // Of other people's nodes: a value that must be waited for is made at that moment.
    return HARMLESS.test(node.type) || !(node.widgets ?? []).some(isMadeWhenRead);
  });
}

const isMadeWhenRead = ({ serializeValue }) => serializeValue?.constructor?.name === "AsyncFunction";
