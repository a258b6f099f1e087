/** Tests the rules for passwords on a cluster. */
import { startCluster } from '../support/cluster.ts';
import { passwordsSuite } from '../support/passwords-suite.ts';

passwordsSuite('On a cluster', (settings) => startCluster({ settingsOn: () => settings }));
