/** Runs auth as a separate process. Loaded by `main.ts`. */
import { runClusterService } from '@latchkey/cluster';
import { allTopics } from '@latchkey/events';
import { createOriginCheck } from '@latchkey/http';
import { ACCOUNT_SEQUENCE_HEADER } from '@latchkey/tokens';
import { authSettingsSchema, compose, enlargeThreadPool, openAuthStores } from './index.ts';

enlargeThreadPool(process.env);
process.exit(
  await runClusterService({
    name: 'auth',
    defaultPort: 8081,
    settings: authSettingsSchema,
    topics: ({ AUDIT_RETENTION_DAYS, ERASURE_TOPIC_DAYS }) =>
      allTopics({ auditRetentionDays: AUDIT_RETENTION_DAYS, erasureTopicDays: ERASURE_TOPIC_DAYS }),
    storage: openAuthStores,
    compose,
    allowedOrigins: createOriginCheck,
    corsHeaders: [ACCOUNT_SEQUENCE_HEADER],
  }),
);
