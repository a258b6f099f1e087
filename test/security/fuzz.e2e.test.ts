/** Generated values for every field of every route, on a standalone. */
import { fuzzSuite } from '../support/fuzz-suite.ts';
import { startStandalone } from '../support/standalone.ts';

fuzzSuite('On a standalone', () => startStandalone({ LIMITS: 'off' }), { runs: 25 });
