/** Tests that requests cannot change where links lead, on a cluster. */
import { ONE_OF_EACH, startCluster } from '../support/cluster.ts';
import { defineLinkPoisoningTests } from '../support/link-poisoning-suite.ts';

defineLinkPoisoningTests('On a cluster', () =>
  startCluster({ instances: ONE_OF_EACH, settingsOn: () => ({ LIMITS: 'off' }) }),
);
