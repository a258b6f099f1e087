/** Runs the notifier as a separate process. */
import { runService } from '@latchkey/cluster';
import { compose, notifierSettings, notifierTopics, openStorage } from './index.ts';

process.exit(
  await runService({
    name: 'notifier',
    defaultOperationsPort: 9083,
    settings: notifierSettings,
    topics: notifierTopics,
    storage: openStorage,
    compose,
  }),
);
