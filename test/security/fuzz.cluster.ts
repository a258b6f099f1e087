/** Sends generated values in every field of every route, to a system on Kafka and MongoDB. */
import { ONE_OF_EACH, startCluster } from '../support/cluster.ts';
import { defineFuzzTests } from '../support/fuzz-suite.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

defineFuzzTests(
  'On a cluster',
  () =>
    startCluster({
      instances: ONE_OF_EACH,
      settingsOn: () => ({ LIMITS: 'off', ...undocumentedRouteSettings }),
    }),
  { runs: 5 },
);
