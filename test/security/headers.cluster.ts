/** Tests the security headers of a cluster, behind a load balancer. */
import { ONE_PROCESS_PER_SERVICE, startCluster } from '../support/cluster.ts';
import { defineHeadersTests } from '../support/headers-suite.ts';

defineHeadersTests('On a cluster', () => startCluster({ instances: ONE_PROCESS_PER_SERVICE }), false);
