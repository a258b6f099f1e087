import { problems, publicPolicy, type RequestContext, type Route } from '@latchkey/http';
import { ACCOUNT_SEQUENCE } from '@latchkey/tokens';
import { z } from 'zod';
import { requireExistingAccount, type SessionHolder } from '../../account/index.ts';
import { emailAddressSchema } from '../../addresses/email.ts';
import type { Caller } from '../../deps.ts';
import { confirmEmailChange, type OwnerEvidence, viewEmailChange } from '../../email-change/confirm.ts';
import { requestEmailChange } from '../../email-change/request.ts';
import { undoEmailChange, viewEmailUndo } from '../../email-change/undo.ts';
import type { Refusal } from '../../refused.ts';
import { allowAnonymous } from '../allow-anonymous.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { toUseCaseContext } from '../context.ts';
import type { RouteDeps } from '../deps.ts';
import { htmlAnswer, linkFormAction, linkProblemPage, linkProblems, tokenParam } from '../link-page.ts';
import { newPasswordFault } from '../new-password-fault.ts';
import { operationRoute } from '../operation.ts';
import { passwordLengthFaults, refusalProblems } from '../problems.ts';
import { newPasswordSchema, passwordText } from '../schemas.ts';
import { answerSpecWithSequence, jsonOrPageAnswerSpec, messageView, sequenceHeader } from '../views.ts';

export function emailChangeRoutes(deps: RouteDeps): readonly Route[] {
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
  return operationRoute(deps.count, {
    operation: 'requestEmailChange',
    method: 'POST',
    path: CHANGE,
    tag: 'accounts',
    summary: "Request another address for one's account",
    description:
      'Mails a link to the new address, which confirms the change together with the password or a session. The answer is the same if the address belongs to another account; its owner gets a mail.',
    policy: deps.guards.verified,
    body: z.object({ newEmail: emailAddressSchema, password: passwordText }),
    answers: { 202: answerSpecWithSequence('Whether or not the address is in use.', messageView) },
    problems: [
      refusalProblems.password_incorrect,
      refusalProblems.email_unchanged,
      refusalProblems.email_change_recent,
      problems.conflict,
      problems.rate_limited,
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
        headers: sequenceHeader(state),
      };
    },
  });
}

/**
 * Returns the session of the access token as proof that the request comes from the owner; empty without a
 * token.
 */
function holdersOf({ caller }: { readonly caller: Caller | null }): readonly SessionHolder[] {
  return caller === null ? [] : [{ userId: caller.userId, since: caller.state.sequence }];
}

function viewConfirmationRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: 'viewEmailChange',
    method: 'GET',
    path: `${CHANGE}/:token`,
    tag: 'accounts',
    summary: 'The page of a link that confirms another address',
    description: 'Changes nothing, because mail scanners follow links. Asks for the password.',
    policy: publicPolicy,
    secretPath: true,
    params: tokenParam,
    answers: { 200: { description: 'A page with a form to confirm.', media: ['text/html'] } },
    problems: linkProblems,
    problemPage: linkProblemPage(pages, 'email-change'),
    handle: async ({ params: { token } }) => {
      const view = await viewEmailChange(deps, token);
      return htmlAnswer(pages.emailChange({ ...view, action: linkFormAction(deps, CHANGE, token) }));
    },
  });
}

const confirmation = z.object({ password: passwordText.optional() });

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
  return operationRoute(deps.count, {
    operation: 'confirmEmailChange',
    method: 'POST',
    path: `${CHANGE}/:token`,
    tag: 'accounts',
    summary: 'Confirm another address',
    description:
      'The link alone changes nothing. Send `{}` with an access token of the account, or `password`. The previous address gets a mail with a link that undoes the change for 7 days. A used link answers 200 again.',
    policy: allowAnonymous(deps.guards.authenticated),
    secretPath: true,
    params: tokenParam,
    body: confirmation,
    accepts: ['none', 'json', 'form'],
    answers: {
      200: { ...jsonOrPageAnswerSpec('The account has the new address.'), headers: [ACCOUNT_SEQUENCE] },
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [
      ...linkProblems,
      refusalProblems.password_required,
      refusalProblems.password_incorrect,
      problems.conflict,
      problems.rate_limited,
    ],
    problemPage: linkProblemPage(pages, 'email-change'),
    handle: async (request) => {
      const { token } = request.params;
      const confirmed = { token, evidence: evidenceOf(request) };
      const { state } = await confirmEmailChange(deps, confirmed, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return htmlAnswer(pages.done('email-changed', requireExistingAccount(state)));
      return {
        status: 200,
        body: { message: 'Email address changed successfully' },
        headers: sequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      if (!isAboutPassword(refusal)) return undefined;
      const view = await viewEmailChange(deps, token);
      const action = linkFormAction(deps, CHANGE, token);
      return pages.emailChange({ ...view, action, wrongPassword: refusal.kind === 'password_incorrect' });
    },
  });
}

function isAboutPassword({ kind }: Refusal): boolean {
  return kind === 'password_incorrect' || kind === 'password_required';
}

function viewUndoRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: 'viewEmailUndo',
    method: 'GET',
    path: `${UNDO}/:token`,
    tag: 'accounts',
    summary: 'The page of a link that undoes a change of address',
    description: 'Changes nothing.',
    policy: publicPolicy,
    secretPath: true,
    params: tokenParam,
    answers: { 200: { description: 'A page with a form for a new password.', media: ['text/html'] } },
    problems: linkProblems,
    problemPage: linkProblemPage(pages, 'email-undo'),
    handle: async ({ params: { token } }) => {
      const view = await viewEmailUndo(deps, token);
      return htmlAnswer(pages.emailUndo({ ...view, action: linkFormAction(deps, UNDO, token) }));
    },
  });
}

function undoRoute(deps: RouteDeps): Route {
  const { pages } = deps;
  return operationRoute(deps.count, {
    operation: 'undoEmailChange',
    method: 'POST',
    path: `${UNDO}/:token`,
    tag: 'accounts',
    summary: 'Undo a change of address, with a new password',
    description:
      'The account has its previous address again. Ends every session and every other link. Works for 7 days after the change, also if the password was changed since or the account is disabled.',
    policy: publicPolicy,
    secretPath: true,
    params: tokenParam,
    body: z.object({ newPassword: newPasswordSchema(deps.passwordRules), confirmNewPassword: passwordText }),
    moreFaults: passwordLengthFaults(deps.passwordRules, 'newPassword'),
    accepts: ['json', 'form'],
    answers: {
      200: jsonOrPageAnswerSpec('The account has its previous address again.'),
      400: { description: 'The form with the fault, if a form was sent.', media: ['text/html'] },
    },
    problems: [
      ...linkProblems,
      refusalProblems.passwords_do_not_match,
      refusalProblems.password_too_weak,
      problems.conflict,
    ],
    problemPage: linkProblemPage(pages, 'email-undo'),
    handle: async (request) => {
      const undo = { token: request.params.token, ...request.body };
      const { state } = await undoEmailChange(deps, undo, toUseCaseContext(request));
      if (request.sentAs === 'form')
        return htmlAnswer(pages.done('email-undone', requireExistingAccount(state)));
      return {
        status: 200,
        body: { message: 'Email change undone successfully' },
        headers: sequenceHeader(state),
      };
    },
    formAgain: async (refusal, { params: { token } }) => {
      const fault = newPasswordFault(refusal);
      if (fault === undefined) return undefined;
      const action = linkFormAction(deps, UNDO, token);
      return pages.emailUndo({ ...(await viewEmailUndo(deps, token)), action, fault });
    },
  });
}
