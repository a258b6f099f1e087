/** Tests the security headers of a cluster, behind a load balancer. */
import { startCluster } from '../support/cluster.ts';
import { defineHeadersTests } from '../support/headers-suite.ts';

defineHeadersTests('On a cluster', startCluster, false);
