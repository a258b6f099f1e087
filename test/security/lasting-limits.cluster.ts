/** Tests that limits survive a kill of all processes of a cluster. */
import { startCluster } from '../support/cluster.ts';
import { defineLastingLimitsTests, LASTING_LIMITS_SETTINGS } from '../support/lasting-limits-suite.ts';

defineLastingLimitsTests('On a cluster', () => startCluster({ settingsOn: () => LASTING_LIMITS_SETTINGS }));
