/** Every route of auth. */
import type { Route } from '@latchkey/http';
import type { RouteDeps } from '../deps.ts';
import {
  accountHistoryRoute,
  changeRoleRoute,
  disableRoute,
  enableRoute,
  sendMailRoute,
} from './administration.ts';
import { passwordResetRequestRoute, verificationRequestRoute } from './by-address.ts';
import { keysRoute, openApiRoute, stylesheetRoute } from './documents.ts';
import { loginRoute, logoutRoute, refreshRoute } from './login.ts';
import { changePasswordRoute, completeResetRoute, viewResetRoute } from './passwords.ts';
import { historyRoute, profileRoute } from './profile.ts';
import { endSessionRoute, listSessionsRoute, logoutAllRoute } from './sessions.ts';
import { signUpRoute } from './sign-up.ts';
import { verifyRoute, viewVerificationRoute } from './verification.ts';

export function createRoutes(deps: RouteDeps): readonly Route[] {
  const routes = [
    signUpRoute,
    viewVerificationRoute,
    verifyRoute,
    verificationRequestRoute,
    loginRoute,
    refreshRoute,
    logoutRoute,
    logoutAllRoute,
    listSessionsRoute,
    endSessionRoute,
    passwordResetRequestRoute,
    viewResetRoute,
    completeResetRoute,
    changePasswordRoute,
    profileRoute,
    historyRoute,
    changeRoleRoute,
    disableRoute,
    enableRoute,
    accountHistoryRoute,
    sendMailRoute,
    keysRoute,
    stylesheetRoute,
  ].map((make) => make(deps));
  return [...routes, openApiRoute(routes)];
}
