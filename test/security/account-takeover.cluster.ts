/** Tests attempts to take over accounts on a system with two processes of each service. */
import { startCluster } from '../support/cluster.ts';
import { TAKEOVER_SETTINGS, takeoverSuite } from '../support/takeover-suite.ts';

takeoverSuite('On a cluster', () => startCluster({ settingsOn: () => TAKEOVER_SETTINGS }));
