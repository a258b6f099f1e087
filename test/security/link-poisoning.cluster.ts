/** Tests that requests cannot change where links lead, on a cluster. */
import { startCluster } from '../support/cluster.ts';
import { defineLinkPoisoningTests } from '../support/link-poisoning-suite.ts';

defineLinkPoisoningTests('On a cluster', () => startCluster({ settingsOn: () => ({ LIMITS: 'off' }) }));
