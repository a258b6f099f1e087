/** Which version of Node the package needs to subscribe. */

const NEEDED = 22;

/** @throws Error that names both versions if this Node is too old: without it, a call fails somewhere, later */
export function assertNode(version: string): void {
  const [major] = version.split('.').map(Number);
  if (major !== undefined && major >= NEEDED) return;
  throw new Error(
    `@latchkey/events/subscribe needs Node ${NEEDED} or later, because it uses Map.groupBy and Object.groupBy; this is Node ${version}.`,
  );
}
