/** Tests every admin route with every kind of caller, on a system with two processes of each service. */
import { defineAdminMatrixTests } from '../support/admin-matrix-suite.ts';
import { startCluster } from '../support/cluster.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

defineAdminMatrixTests('On a cluster', () =>
  startCluster({ settingsOn: () => ({ LIMITS: 'off', ...undocumentedRouteSettings }) }),
);
