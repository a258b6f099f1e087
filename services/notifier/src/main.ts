/** The notifier as a process of its own, on Kafka and MongoDB. */
import { runService } from '@latchkey/cluster';
import { compose, notifierIndexes, notifierSettings, notifierTopics } from './index.ts';

process.exit(
  await runService({
    name: 'notifier',
    defaultPort: 8083,
    settings: notifierSettings,
    topics: notifierTopics,
    indexes: notifierIndexes,
    compose,
  }),
);
