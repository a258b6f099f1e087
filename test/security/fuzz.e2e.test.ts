/** Sends generated values in every field of every route, to a server that runs all services in one process. */
import { defineFuzzTests } from '../support/fuzz-suite.ts';
import { startStandalone } from '../support/standalone.ts';
import { undocumentedRouteSettings } from '../support/undocumented-routes.ts';

defineFuzzTests('On a standalone', () => startStandalone({ LIMITS: 'off', ...undocumentedRouteSettings }), {
  runs: 25,
});
