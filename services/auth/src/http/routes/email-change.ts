import { publicAccessPolicy, type RequestContext, type Route, standardProblems } from '@latchkey/http';
import { ACCOUNT_SEQUENCE_HEADER } from '@latchkey/tokens';
import { z } from 'zod';
import { requireExistingAccount, type SessionOrSignUpCookie } from '../../account/index.ts';
import { emailAddressSchema } from '../../addresses/email.ts';
import type { Caller } from '../../deps.ts';
import { confirmEmailChange, getEmailChangeView, type OwnerEvidence } from '../../email-change/confirm.ts';
import { requestEmailChange } from '../../email-change/request.ts';
import { getEmailUndoView, undoEmailChange } from '../../email-change/undo.ts';
import type { Refusal } from '../../refused.ts';
import { createAnonymousAccessPolicy } from '../allow-anonymous.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import {
  createHtmlResponse,
  createLinkFormActionUrl,
  createLinkProblemPage,
  linkProblemSpecs,
  linkTokenParamsSchema,
} from '../link-page.ts';
import { findNewPasswordFault } from '../new-password-fault.ts';
import { defineOperationRoute } from '../operation.ts';
import { createPasswordLengthCheck, refusalProblemSpecs } from '../problems.ts';
import { createNewPasswordSchema, passwordTextSchema } from '../schemas.ts';
import {
  createAccountSequenceHeader,
  createJsonOrPageResponseSpec,
  createResponseSpecWithAccountSequence,
  messageSchema,
} from '../views.ts';

export function createEmailChangeRoutes(deps: RouteDeps): readonly Route[] {
  return [
    requestRoute(deps),
    viewConfirmationRoute(deps),
    confirmationRoute(deps),
    viewUndoRoute(deps),
    undoRoute(deps),
  ];
}

const CHANGE = `${AUTH_BASE_PATH}/change-email`;
const UNDO = `${AUTH_BASE_PATH}/undo-email-change`;

function requestRoute(deps: RouteDeps): Route {
  return defineOperationRoute(deps.count, {
    operation: 'requestEmailChange',
    method: 'POST',
    path: CHANGE,
    tag: 'accounts',
    summary: "Request another address for one's account",
    description:
      'Mails a link to the new address, which confirms the change together with the password or a session. The answer is the same if the address belongs to another account; its owner gets a mail.',
    policy: deps.guards.verified,
    body: z.object({ newEmail: emailAddressSchema, password: passwordTextSchema }),
    answers: {
      202: createResponseSpecWithAccountSequence('Whether or not the address is in use.', messageSchema),
    },
    problems: [
      refusalProblemSpecs.password_incorrect,
      refusalProblemSpecs.email_unchanged,
      refusalProblemSpecs.email_change_recent,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    handle: async (request) => {
      const { state } = await requestEmailChange(
        deps,
        request.body,
        request.caller,
        toUseCaseContext(request),
      );
      return {
        status: 202,
        body: { message: 'Check the inbox of the new address for a link.' },
        headers: createAccountSequenceHeader(state),
      };
    },
  });
}

/**
 * Returns the caller's session as evidence that the owner of the account sent the request. Returns an empty
 * list if the request has no access token.
 */
function holdersOf({ caller }: { readonly caller: Caller | null }): readonly SessionOrSignUpCookie[] {
  return caller === null ? [] : [{ userId: caller.userId, since: caller.state.sequence }];
}

function viewConfirmationRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewEmailChange',
    method: 'GET',
    path: `${CHANGE}/:token`,
    tag: 'accounts',
    summary: 'The page of a link that confirms another address',
    description: 'Changes nothing, because mail scanners follow links. Asks for the password.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a form to confirm.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createLinkProblemPage(pages, 'email-change'),
    handle: async ({ params: { token } }) => {
      const view = await getEmailChangeView(deps, token);
      return createHtmlResponse(
        pages.emailChange({ ...view, action: createLinkFormActionUrl(deps, CHANGE, token) }),
      );
    },
  });
}

const confirmation = z.object({ password: passwordTextSchema.optional() });

function evidenceOf({
  body: { password },
  ...request
}: RequestContext & {
  readonly body: z.infer<typeof confirmation>;
  readonly caller: Caller | null;
}): OwnerEvidence {
  if (password !== undefined) return { kind: 'password', password };
  return { kind: 'holder', holders: holdersOf(request) };
}

function confirmationRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'confirmEmailChange',
    method: 'POST',
    path: `${CHANGE}/:token`,
    tag: 'accounts',
    summary: 'Confirm another address',
    description:
      'The link alone changes nothing. Send `{}` with an access token of the account, or `password`. The previous address gets a mail with a link that undoes the change for 7 days. A used link answers 200 again.',
    policy: createAnonymousAccessPolicy(deps.guards.authenticated),
    secretPath: true,
    params: linkTokenParamsSchema,
    body: confirmation,
    accepts: ['none', 'json', 'form'],
    answers: {
      200: {
        ...createJsonOrPageResponseSpec('The account has the new address.'),
        headers: [ACCOUNT_SEQUENCE_HEADER],
      },
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [
      ...linkProblemSpecs,
      refusalProblemSpecs.password_required,
      refusalProblemSpecs.password_incorrect,
      standardProblems.conflict,
      standardProblems.rate_limited,
    ],
    problemPage: createLinkProblemPage(pages, 'email-change'),
    handle: async (request) => {
      const { token } = request.params;
      const confirmed = { token, evidence: evidenceOf(request) };
      const { state } = await confirmEmailChange(deps, confirmed, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return createHtmlResponse(pages.done('email-changed', requireExistingAccount(state)));
      return {
        status: 200,
        body: { message: 'Email address changed successfully' },
        headers: createAccountSequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      if (!isAboutPassword(refusal)) return undefined;
      const view = await getEmailChangeView(deps, token);
      const action = createLinkFormActionUrl(deps, CHANGE, token);
      return pages.emailChange({ ...view, action, wrongPassword: refusal.kind === 'password_incorrect' });
    },
  });
}

function isAboutPassword({ kind }: Refusal): boolean {
  return kind === 'password_incorrect' || kind === 'password_required';
}

function viewUndoRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'viewEmailUndo',
    method: 'GET',
    path: `${UNDO}/:token`,
    tag: 'accounts',
    summary: 'The page of a link that undoes a change of address',
    description: 'Changes nothing.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    answers: { 200: { description: 'A page with a form for a new password.', media: ['text/html'] } },
    problems: linkProblemSpecs,
    problemPage: createLinkProblemPage(pages, 'email-undo'),
    handle: async ({ params: { token } }) => {
      const view = await getEmailUndoView(deps, token);
      return createHtmlResponse(
        pages.emailUndo({ ...view, action: createLinkFormActionUrl(deps, UNDO, token) }),
      );
    },
  });
}

function undoRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return defineOperationRoute(deps.count, {
    operation: 'undoEmailChange',
    method: 'POST',
    path: `${UNDO}/:token`,
    tag: 'accounts',
    summary: 'Undo a change of address, with a new password',
    description:
      'The account has its previous address again. Ends every session and every other link. Works for 7 days after the change, also if the password was changed since or the account is disabled.',
    policy: publicAccessPolicy,
    secretPath: true,
    params: linkTokenParamsSchema,
    body: z.object({
      newPassword: createNewPasswordSchema(deps.passwordRules),
      confirmNewPassword: passwordTextSchema,
    }),
    moreFaults: createPasswordLengthCheck(deps.passwordRules, 'newPassword'),
    accepts: ['json', 'form'],
    answers: {
      200: createJsonOrPageResponseSpec('The account has its previous address again.'),
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [
      ...linkProblemSpecs,
      refusalProblemSpecs.passwords_do_not_match,
      refusalProblemSpecs.password_too_weak,
      standardProblems.conflict,
    ],
    problemPage: createLinkProblemPage(pages, 'email-undo'),
    handle: async (request) => {
      const undo = { token: request.params.token, ...request.body };
      const { state } = await undoEmailChange(deps, undo, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return createHtmlResponse(pages.done('email-undone', requireExistingAccount(state)));
      return {
        status: 200,
        body: { message: 'Email change undone successfully' },
        headers: createAccountSequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      const fault = findNewPasswordFault(refusal);
      if (fault === undefined) return undefined;
      const action = createLinkFormActionUrl(deps, UNDO, token);
      return pages.emailUndo({ ...(await getEmailUndoView(deps, token)), action, fault });
    },
  });
}
