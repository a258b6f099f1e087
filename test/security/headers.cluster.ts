/** Tests the security headers of a cluster, behind a load balancer. */
import { startCluster } from '../support/cluster.ts';
import { headersSuite } from '../support/headers-suite.ts';

headersSuite('On a cluster', startCluster, false);
