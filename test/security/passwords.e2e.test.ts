/** Tests the rules for passwords on a server that runs all services in one process. */
import { passwordsSuite } from '../support/passwords-suite.ts';
import { startStandalone } from '../support/standalone.ts';

passwordsSuite('On a standalone', startStandalone);
