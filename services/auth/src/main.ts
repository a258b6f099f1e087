/** auth as a process of its own. */
import { runService } from '@latchkey/cluster';
import { topics } from '@latchkey/events';
import { allowedOrigins } from '@latchkey/http';
import { ACCOUNT_SEQUENCE } from '@latchkey/tokens';
import { authIndexes, authSettings, compose, widenThreadPool } from './index.ts';

widenThreadPool(process.env);
process.exit(
  await runService({
    name: 'auth',
    defaultPort: 8081,
    settings: authSettings,
    topics,
    indexes: authIndexes,
    compose,
    allowedOrigins,
    corsHeaders: [ACCOUNT_SEQUENCE],
  }),
);
