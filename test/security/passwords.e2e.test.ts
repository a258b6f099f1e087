/** Tests the rules for passwords on a server that runs all services in one process. */
import { definePasswordsTests } from '../support/passwords-suite.ts';
import { startStandalone } from '../support/standalone.ts';

definePasswordsTests('On a standalone', startStandalone);
