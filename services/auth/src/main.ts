/** auth as a process of its own. */
import { runService } from '@latchkey/cluster';
import { topics } from '@latchkey/events';
import { allowedOrigins } from '@latchkey/http';
import { ACCOUNT_SEQUENCE } from '@latchkey/tokens';
import { authSettings, compose, openStorage, widenThreadPool } from './index.ts';

widenThreadPool(process.env);
process.exit(
  await runService({
    name: 'auth',
    defaultPort: 8081,
    defaultOperationsPort: 9081,
    settings: authSettings,
    topics,
    storage: openStorage,
    compose,
    allowedOrigins,
    corsHeaders: [ACCOUNT_SEQUENCE],
  }),
);
