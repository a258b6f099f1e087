/** Runs the notifier as a separate process. Loaded by `main.ts`. */
import { runClusterService } from '@latchkey/cluster';
import { compose, notifierSettingsSchema, notifierTopics, openNotifierStorage } from './index.ts';

process.exit(
  await runClusterService({
    name: 'notifier',
    defaultPort: 8083,
    settings: notifierSettingsSchema,
    topics: () => notifierTopics,
    storage: openNotifierStorage,
    compose(config, deps) {
      const notifier = compose(config, deps);
      return { ...notifier, routes: [...notifier.routes, ...notifier.internalRoutes] };
    },
  }),
);
