/** Tests that limits survive a kill of all processes of a cluster. */
import { startCluster } from '../support/cluster.ts';
import { LASTING_LIMITS_SETTINGS, lastingLimitsSuite } from '../support/lasting-limits-suite.ts';

lastingLimitsSuite('On a cluster', () => startCluster({ settingsOn: () => LASTING_LIMITS_SETTINGS }));
