/** Tests the rules for passwords on a cluster. */
import { startCluster } from '../support/cluster.ts';
import { definePasswordsTests } from '../support/passwords-suite.ts';

definePasswordsTests('On a cluster', (settings) => startCluster({ settingsOn: () => settings }));
