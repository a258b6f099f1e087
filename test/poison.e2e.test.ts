/** Tests unusable records on the embedded log of a server that runs all services in one process. */
import { openEmbeddedLog } from './support/poison-log.ts';
import { definePoisonTests } from './support/poison-suite.ts';
import { startStandalone } from './support/standalone.ts';

/**
 * Let the server accept unsigned records, so that each test record is unusable because of its own fault, and
 * not because it is unsigned.
 */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

definePoisonTests('a standalone', async () => {
  const system = await startStandalone(UNSIGNED);
  return { system, log: openEmbeddedLog(system.folder), processes: [system.operations] };
});
