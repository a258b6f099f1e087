/** Tests the security headers of a cluster, behind a load balancer. */
import { ONE_OF_EACH, startCluster } from '../support/cluster.ts';
import { defineHeadersTests } from '../support/headers-suite.ts';

defineHeadersTests('On a cluster', () => startCluster({ instances: ONE_OF_EACH }), false);
