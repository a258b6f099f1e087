/** Generated values for every field of every route, on Kafka and MongoDB. */
import { startCluster } from '../support/cluster.ts';
import { fuzzSuite } from '../support/fuzz-suite.ts';

fuzzSuite('On a cluster', () => startCluster({ settingsOn: () => ({ LIMITS: 'off' }) }), { runs: 5 });
