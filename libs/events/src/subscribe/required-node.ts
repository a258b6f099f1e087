/** The lowest Node version with which `subscribe` works. */

const NEEDED = 22;

/**
 * Asserts that Node is recent enough, because otherwise an obscure call would fail later.
 * @throws Error that names both versions
 */
export function assertNode(version: string): void {
  const [major] = version.split('.').map(Number);
  if (major !== undefined && major >= NEEDED) return;
  throw new Error(
    `@latchkey/events/subscribe needs Node ${NEEDED} or later, because it uses Map.groupBy and Object.groupBy; this is Node ${version}.`,
  );
}
