/** Every route for admins × every kind of caller, on two processes of each service. */
import { adminMatrixSuite } from '../support/admin-matrix-suite.ts';
import { startCluster } from '../support/cluster.ts';

adminMatrixSuite('On a cluster', () => startCluster({ settingsOn: () => ({ LIMITS: 'off' }) }));
