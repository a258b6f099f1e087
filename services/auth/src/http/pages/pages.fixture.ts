/** Renders every HTML page with sample data, and extracts what tests check. */
import type { LinkPages } from './pages.ts';

export const LINK_TOKEN = 'dG9rZW4'.repeat(9).padEnd(64, 'x');
const signedUpAt = new Date('2026-11-21T10:15:00Z');

export function createVerificationView(locale: string) {
  return {
    locale,
    email: 'ada@example.com',
    username: 'ada',
    signedUpAt,
    used: false,
    known: true,
    action: `/api/v1/auth/verify/${LINK_TOKEN}`,
    rejection: `/api/v1/auth/verify/${LINK_TOKEN}/reject`,
  };
}

export function createResetView(locale: string) {
  return {
    locale,
    username: 'ada',
    email: 'ada@example.com',
    first: false,
    action: `/api/v1/auth/password-reset-confirm/${LINK_TOKEN}`,
  };
}

export function createEmailChangeView(locale: string) {
  return {
    locale,
    username: 'ada',
    newEmail: 'countess@example.com',
    used: false,
    action: `/api/v1/auth/change-email/${LINK_TOKEN}`,
  };
}

export function createEmailUndoView(locale: string) {
  return {
    locale,
    email: 'ada@example.com',
    newEmail: 'countess@example.com',
    action: `/api/v1/auth/undo-email-change/${LINK_TOKEN}`,
  };
}

export function renderEveryPage(pages: LinkPages, locale: string): Readonly<Record<string, string>> {
  const verification = createVerificationView(locale);
  const elsewhere = { ...verification, known: false };
  const reset = createResetView(locale);
  return {
    verification: pages.verification(verification),
    'verification elsewhere': pages.verification(elsewhere),
    'wrong password': pages.verification({
      ...elsewhere,
      fault: { field: 'password' },
    }),
    'weak new password': pages.verification({
      ...elsewhere,
      fault: { field: 'newPassword', code: 'common' },
    }),
    rejection: pages.rejection(verification),
    used: pages.verification({ ...verification, used: true }),
    verified: pages.done('verified', { locale }),
    'verified with a new password': pages.done('first-password', { locale }),
    rejected: pages.done('rejected', { locale }),
    reset: pages.reset(reset),
    'first password': pages.reset({ ...reset, first: true }),
    'reset, with a fault': pages.reset({ ...reset, fault: { field: 'newPassword', code: 'common' } }),
    'reset done': pages.done('reset', { locale }),
    'first password set': pages.done('first-password', { locale }),
    erasure: pages.erasure({
      locale,
      eraseAt: new Date('2026-11-28T10:15:00Z'),
      action: `/api/v1/auth/erase/${LINK_TOKEN}`,
    }),
    'erasure canceled': pages.done('erasure-canceled', { locale }),
    'dead link of an erasure': pages.deadErasure({ locale, state: 'invalid' }),
    'incomplete link of an erasure': pages.deadErasure({ locale, state: 'incomplete' }),
    'email change': pages.emailChange(createEmailChangeView(locale)),
    'email change, wrong password': pages.emailChange({
      ...createEmailChangeView(locale),
      wrongPassword: true,
    }),
    'email change, used': pages.emailChange({ ...createEmailChangeView(locale), used: true }),
    'email changed': pages.done('email-changed', { locale }),
    'email undo': pages.emailUndo(createEmailUndoView(locale)),
    'email undo, with a fault': pages.emailUndo({
      ...createEmailUndoView(locale),
      fault: { field: 'newPassword', code: 'common' },
    }),
    'email undone': pages.done('email-undone', { locale }),
    'expired email link': pages.deadLink({ locale, kind: 'email-change', state: 'expired' }),
    'invalid undo link': pages.deadLink({ locale, kind: 'email-undo', state: 'invalid' }),
    'verification requested': pages.requested({ locale, kind: 'verification' }),
    'reset requested': pages.requested({ locale, kind: 'password-reset' }),
    'expired link': pages.deadLink({ locale, kind: 'verification', state: 'expired' }),
    'invalid link': pages.deadLink({ locale, kind: 'password-reset', state: 'invalid' }),
    'incomplete link': pages.deadLink({ locale, kind: 'verification', state: 'incomplete' }),
    'request again': pages.requestAgain({ locale, kind: 'password-reset' }),
    home: pages.home({ locale }),
    problem: pages.problem({ locale, code: 'internal', title: 'Internal Server Error' }),
  };
}

export function getTitle(html: string): string {
  return /<title>([^<]*)<\/title>/.exec(html)?.[1] ?? '';
}

export interface HtmlForm {
  readonly method: string;
  readonly action: string;
  /** The names of the inputs and buttons in the form, which are the fields that the form can submit. */
  readonly sends: readonly string[];
}

export function findForms(html: string): readonly HtmlForm[] {
  return [...html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([form]) => ({
    method: getAttribute(form, 'method') ?? 'get',
    action: getAttribute(form, 'action') ?? '',
    sends: findTags(form, 'input|button').flatMap((tag) => getAttribute(tag, 'name') ?? []),
  }));
}

export function findTags(html: string, name: string): readonly string[] {
  return [...html.matchAll(new RegExp(`<(?:${name})\\b[^>]*>`, 'g'))].map(([tag]) => tag);
}

export function getAttribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
}

export function findInput(html: string, id: string): string {
  return findTags(html, 'input').find((tag) => getAttribute(tag, 'id') === id) ?? '';
}
