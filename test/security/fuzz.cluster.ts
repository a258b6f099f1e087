/** Sends generated values in every field of every route, to a system on Kafka and MongoDB. */
import { startCluster } from '../support/cluster.ts';
import { fuzzSuite } from '../support/fuzz-suite.ts';

fuzzSuite('On a cluster', () => startCluster({ settingsOn: () => ({ LIMITS: 'off' }) }), { runs: 5 });
