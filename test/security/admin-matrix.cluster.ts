/** Tests every admin route with every kind of caller, on a system with two processes of each service. */
import { adminMatrixSuite } from '../support/admin-matrix-suite.ts';
import { startCluster } from '../support/cluster.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

adminMatrixSuite('On a cluster', () =>
  startCluster({ settingsOn: () => ({ LIMITS: 'off', ...undocumentedRouteSettings }) }),
);
