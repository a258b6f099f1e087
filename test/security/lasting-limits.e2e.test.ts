/** Tests that limits survive a kill of a server that runs all services in one process. */
import { LASTING_LIMITS_SETTINGS, lastingLimitsSuite } from '../support/lasting-limits-suite.ts';
import { startStandalone } from '../support/standalone.ts';

lastingLimitsSuite('On a standalone', () => startStandalone(LASTING_LIMITS_SETTINGS));
