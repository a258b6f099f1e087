/** Unusable records on the log of a standalone. */
import { folderLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';
import { startStandalone } from './support/standalone.ts';

/** These records are unusable for other reasons than that nobody signed them. */
const UNSIGNED = { EVENT_SIGNATURES: 'warn' };

poisonSuite('a standalone', async () => {
  const system = await startStandalone(UNSIGNED);
  return { system, log: folderLog(system.folder), processes: [system.operations] };
});
