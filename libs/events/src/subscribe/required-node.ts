/** The lowest major version of Node that supports `subscribe`. */

const NEEDED = 22;

/**
 * Asserts that Node is recent enough. On an older version, a later call would fail with an obscure error.
 * @throws Error that names both versions
 */
export function assertSupportedNodeVersion(version: string): void {
  const [major] = version.split('.').map(Number);
  if (major !== undefined && major >= NEEDED) return;
  throw new Error(
    `@latchkey/events/subscribe needs Node ${NEEDED} or later, because it uses Map.groupBy and Object.groupBy; this is Node ${version}.`,
  );
}
