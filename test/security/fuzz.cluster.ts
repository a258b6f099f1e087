/** Sends generated values in every field of every route, to a system on Kafka and MongoDB. */
import { ONE_PROCESS_PER_SERVICE, startCluster } from '../support/cluster.ts';
import { defineFuzzTests } from '../support/fuzz-suite.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

defineFuzzTests(
  'On a cluster',
  () =>
    startCluster({
      instances: ONE_PROCESS_PER_SERVICE,
      settingsOn: () => ({ LIMITS: 'off', ...undocumentedRouteSettings }),
    }),
  { runs: 5 },
);
