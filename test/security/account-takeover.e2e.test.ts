/** Attempts at account takeover against a standalone. */
import { startStandalone } from '../support/standalone.ts';
import { TAKEOVER_SETTINGS, takeoverSuite } from '../support/takeover-suite.ts';

takeoverSuite('On a standalone', () => startStandalone(TAKEOVER_SETTINGS));
