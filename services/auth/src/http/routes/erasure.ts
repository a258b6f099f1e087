import { publicAccessPolicy, type Route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { requireExistingAccount } from '../../account/index.ts';
import {
  cancelErasure,
  getErasureView,
  requestErasureOfAccount,
  requestOwnErasure,
} from '../../erasure/request-erasure.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import {
  createErasureProblemPage,
  createHtmlResponse,
  createLinkFormActionUrl,
  linkProblemSpecs,
  linkTokenParamsSchema,
} from '../link-page.ts';
import { defineOperationRoute } from '../operation.ts';
import { refusalProblemSpecs } from '../problems.ts';
import { passwordTextSchema } from '../schemas.ts';
import {
  createAccountSequenceHeader,
  createJsonOrPageResponseSpec,
  createResponseSpecWithAccountSequence,
} from '../views.ts';

export function createErasureRoutes(deps: RouteDeps): readonly Route[] {
  return [eraseOwnRoute(deps), eraseRoute(deps), viewErasureRoute(deps), cancelErasureRoute(deps)];
}

const requested = createResponseSpecWithAccountSequence(
  'The account is disabled, and will be erased at `eraseAt`.',
  z.object({ message: z.string(), eraseAt: z.iso.datetime() }),
);

const MESSAGE = 'The account will be erased';
const LINK = `${AUTH_BASE_PATH}/erase`;
const PATH = `${LINK}/:token`;

function eraseOwnRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'eraseOwnAccount',
    method: 'POST',
    path: `${AUTH_BASE_PATH}/account/erase`,
    tag: 'accounts',
    summary: 'Erase the account',
    description:
      'Ends every session at once. A mail confirms the request; until `eraseAt`, the link in the mail cancels it. After that, all personal data of the account is erased.',
    policy: deps.guards.authenticated,
    body: z.object({ password: passwordTextSchema }),
    answers: { 202: requested },
    problems: [
      refusalProblemSpecs.password_incorrect,
      refusalProblemSpecs.last_admin,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    handle: async (request) => {
      const { state, eraseAt } = await requestOwnErasure(
        deps,
        request.body,
        request.caller,
        toUseCaseContext(request),
      );
      return {
        status: 202,
        body: { message: MESSAGE, eraseAt },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

function eraseRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'eraseAccount',
    method: 'DELETE',
    path: `${AUTH_BASE_PATH}/accounts/:id`,
    tag: 'administration',
    summary: 'Erase an account',
    description:
      'Disables the account at once. A mail tells its owner; the link of the mail, and enabling the account, undo the request until `eraseAt`.',
    policy: deps.guards.withRole('admin'),
    params: z.object({ id: z.uuid() }),
    answers: { 202: requested },
    problems: [
      standardProblems.not_found,
      standardProblems.conflict,
      refusalProblemSpecs.own_account,
      refusalProblemSpecs.last_admin,
    ],
    handle: async (request) => {
      const target = { userId: request.params.id, by: request.caller.userId };
      const { state, eraseAt } = await requestErasureOfAccount(deps, target, toUseCaseContext(request));
      return {
        status: 202,
        body: { message: MESSAGE, eraseAt },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

function viewErasureRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewErasure',
    method: 'GET',
    path: PATH,
    tag: 'accounts',
    summary: 'The page of a link that undoes an erasure',
    description: 'Changes nothing.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a button.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createErasureProblemPage(pages),
    handle: async ({ params: { token } }) => {
      const view = await getErasureView(deps, token);
      const action = createLinkFormActionUrl(deps, LINK, token);
      return createHtmlResponse(pages.erasure({ ...view, action }));
    },
  });
}

function cancelErasureRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'cancelErasure',
    method: 'POST',
    path: PATH,
    tag: 'accounts',
    summary: 'Undo the erasure of an account',
    description: 'Enables the account again. Its password stays the same.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    body: z.object({}),
    accepts: ['none', 'json', 'form'],
    answers: { 200: createJsonOrPageResponseSpec('The account is not erased.') },
    problems: [...linkProblemSpecs, standardProblems.conflict],
    problemPage: createErasureProblemPage(pages),
    handle: async (request) => {
      const { state } = await cancelErasure(deps, request.params.token, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return createHtmlResponse(pages.done('erasure-canceled', requireExistingAccount(state)));
      return {
        status: 200,
        body: { message: 'The account will not be erased' },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}
