/** Tests attempts to take over accounts on a system with two processes of each service. */
import { startCluster } from '../support/cluster.ts';
import { defineTakeoverTests, TAKEOVER_SETTINGS } from '../support/takeover-suite.ts';

defineTakeoverTests('On a cluster', () => startCluster({ settingsOn: () => TAKEOVER_SETTINGS }));
