/** Unusable records on the log of a standalone. */
import { openFolderLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';
import { startStandalone } from './support/standalone.ts';

/** Accepts unsigned records, so that each of these is unusable only because of its own fault. */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

poisonSuite('a standalone', async () => {
  const system = await startStandalone(UNSIGNED);
  return { system, log: openFolderLog(system.folder), processes: [system.operations] };
});
