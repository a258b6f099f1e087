/** Runs the notifier as a separate process. Loaded by `main.ts`. */
import { runClusterService } from '@latchkey/cluster';
import { compose, notifierSettingsSchema, openNotifierStorage, topicsOfNotifier } from './index.ts';

process.exit(
  await runClusterService({
    name: 'notifier',
    defaultPort: 8083,
    settings: notifierSettingsSchema,
    topics: () => topicsOfNotifier,
    storage: openNotifierStorage,
    compose(config, deps) {
      const notifier = compose(config, deps);
      return { ...notifier, routes: [...notifier.routes, ...notifier.internalRoutes] };
    },
  }),
);
