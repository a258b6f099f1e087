/** Runs the notifier as a separate process. Loaded by `main.ts`. */
import { runService } from '@latchkey/cluster';
import { compose, notifierSettings, notifierTopics, openStorage } from './index.ts';

process.exit(
  await runService({
    name: 'notifier',
    defaultPort: 8083,
    settings: notifierSettings,
    topics: () => notifierTopics,
    storage: openStorage,
    compose(config, deps) {
      const notifier = compose(config, deps);
      return { ...notifier, routes: [...notifier.routes, ...notifier.internalRoutes] };
    },
  }),
);
