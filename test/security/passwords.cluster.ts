/** Tests the rules for passwords on a cluster. */
import { ONE_PROCESS_PER_SERVICE, startCluster } from '../support/cluster.ts';
import { definePasswordsTests } from '../support/passwords-suite.ts';

definePasswordsTests('On a cluster', (settings) =>
  startCluster({ instances: ONE_PROCESS_PER_SERVICE, settingsOn: () => settings }),
);
