/** Tests attempts to take over accounts on a server that runs all services in one process. */
import { startStandalone } from '../support/standalone.ts';
import { TAKEOVER_SETTINGS, takeoverSuite } from '../support/takeover-suite.ts';

takeoverSuite('On a standalone', () => startStandalone(TAKEOVER_SETTINGS));
