/** Tests that limits survive a kill of a server that runs all services in one process. */
import { defineLastingLimitsTests, LASTING_LIMITS_SETTINGS } from '../support/lasting-limits-suite.ts';
import { startStandalone } from '../support/standalone.ts';

defineLastingLimitsTests('On a standalone', () => startStandalone(LASTING_LIMITS_SETTINGS));
