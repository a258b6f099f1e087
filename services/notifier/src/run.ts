/** Runs the notifier as a separate process. Loaded by `main.ts`. */
import { runClusterService } from '@latchkey/cluster';
import { compose, notifierSettings, openNotifierStorage, topicsOfNotifier } from './index.ts';

process.exit(
  await runClusterService({
    name: 'notifier',
    defaultPort: 8083,
    settings: notifierSettings,
    topics: () => topicsOfNotifier,
    storage: openNotifierStorage,
    compose(config, deps) {
      const notifier = compose(config, deps);
      return { ...notifier, routes: [...notifier.routes, ...notifier.internalRoutes] };
    },
  }),
);
