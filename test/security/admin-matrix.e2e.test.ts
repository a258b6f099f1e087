/** Every route for admins × every kind of caller, on a standalone. */
import { adminMatrixSuite } from '../support/admin-matrix-suite.ts';
import { startStandalone } from '../support/standalone.ts';

adminMatrixSuite('On a standalone', () => startStandalone({ LIMITS: 'off' }));
