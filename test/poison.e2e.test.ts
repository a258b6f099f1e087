/** Unusable records on the log of a standalone. */
import { openFolderLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';
import { startStandalone } from './support/standalone.ts';

/** Accepts unsigned records. Each test record is then unusable because of its own fault, not because it is unsigned. */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

poisonSuite('a standalone', async () => {
  const system = await startStandalone(UNSIGNED);
  return { system, log: openFolderLog(system.folder), processes: [system.operations] };
});
