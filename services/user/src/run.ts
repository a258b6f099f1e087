/** Runs the user service as a process of its own, on Kafka and MongoDB. Loaded by `main.ts`. */
import { runClusterService } from '@latchkey/cluster';
import { createOriginCheck } from '@latchkey/http';
import { ACCOUNT_SEQUENCE_HEADER } from '@latchkey/tokens';
import { compose, openUserStorage, topicsOfUserService, userSettingsSchema } from './index.ts';

process.exit(
  await runClusterService({
    name: 'user',
    defaultPort: 8082,
    settings: userSettingsSchema,
    topics: () => topicsOfUserService,
    storage: openUserStorage,
    compose,
    allowedOrigins: createOriginCheck,
    corsHeaders: [ACCOUNT_SEQUENCE_HEADER],
  }),
);
