/** Tests that requests cannot change where links lead, on a cluster. */
import { ONE_PROCESS_PER_SERVICE, startCluster } from '../support/cluster.ts';
import { defineLinkPoisoningTests } from '../support/link-poisoning-suite.ts';

defineLinkPoisoningTests('On a cluster', () =>
  startCluster({ instances: ONE_PROCESS_PER_SERVICE, settingsOn: () => ({ LIMITS: 'off' }) }),
);
