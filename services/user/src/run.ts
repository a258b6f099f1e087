/** Runs the user service as a process of its own, on Kafka and MongoDB. Loaded by `main.ts`. */
import { runService } from '@latchkey/cluster';
import { allowedOrigins } from '@latchkey/http';
import { ACCOUNT_SEQUENCE } from '@latchkey/tokens';
import { compose, openUserStorage, topicsOfUserService, userSettings } from './index.ts';

process.exit(
  await runService({
    name: 'user',
    defaultPort: 8082,
    settings: userSettings,
    topics: () => topicsOfUserService,
    storage: openUserStorage,
    compose,
    allowedOrigins,
    corsHeaders: [ACCOUNT_SEQUENCE],
  }),
);
