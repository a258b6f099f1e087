/** Tests every admin route with every kind of caller, on a server that runs all services in one process. */
import { defineAdminMatrixTests } from '../support/admin-matrix-suite.ts';
import { startStandalone } from '../support/standalone.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

const settings = { LIMITS: 'off', ...undocumentedRouteSettings };

defineAdminMatrixTests('On a standalone', () => startStandalone(settings));
