/** Tests attempts to take over accounts on a server that runs all services in one process. */
import { startStandalone } from '../support/standalone.ts';
import { defineTakeoverTests, TAKEOVER_SETTINGS } from '../support/takeover-suite.ts';

defineTakeoverTests('On a standalone', () => startStandalone(TAKEOVER_SETTINGS));
