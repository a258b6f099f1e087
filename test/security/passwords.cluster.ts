/** Tests the rules for passwords on a cluster. */
import { ONE_OF_EACH, startCluster } from '../support/cluster.ts';
import { definePasswordsTests } from '../support/passwords-suite.ts';

definePasswordsTests('On a cluster', (settings) =>
  startCluster({ instances: ONE_OF_EACH, settingsOn: () => settings }),
);
