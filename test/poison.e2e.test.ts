/** Unusable records on the log of a standalone. */
import { folderLog } from './support/poison-log.ts';
import { poisonSuite } from './support/poison-suite.ts';
import { startStandalone } from './support/standalone.ts';

poisonSuite('a standalone', async () => {
  const system = await startStandalone();
  return { system, log: folderLog(system.folder), processes: [system.operations] };
});
