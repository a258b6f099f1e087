/** Tests that requests cannot change where links lead, on a cluster. */
import { startCluster } from '../support/cluster.ts';
import { linkPoisoningSuite } from '../support/link-poisoning-suite.ts';

linkPoisoningSuite('On a cluster', () => startCluster({ settingsOn: () => ({ LIMITS: 'off' }) }));
