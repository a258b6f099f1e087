/**
 * The pages of links: complete HTML documents without scripts, in the reader's language (en or de; otherwise en).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { instantInWords } from '@latchkey/locale';
import type { OpenReset } from '../../passwords/reset.ts';
import type { OpenVerification } from '../../sign-up/verification.ts';
import { BASE } from '../base-path.ts';
import { type Language, languageFor } from './language.ts';
import { loadTemplates, type PageName } from './templates.ts';
import type { FaultCode, LinkKind, Message } from './texts.ts';
import { shown, waitInWords } from './words.ts';

/** What is wrong with one field of the reset form. */
export interface ResetFault {
  readonly field: 'newPassword' | 'confirmNewPassword';
  readonly code: FaultCode;
}

/** What is wrong with one field of the forms of a verification link. */
export interface VerificationFault {
  readonly field: 'password' | 'newPassword' | 'confirmNewPassword';
  readonly code: FaultCode;
}

/** Where the pages of a verification link lead to. */
interface VerificationPlaces {
  /** Forms post to it; GET shows the page of the link. */
  readonly action: string;
  /** The page that asks again before the sign-up is rejected. */
  readonly rejection: string;
}

/** A problem's members (RFC 9457) that a page shows. */
interface ShownProblem {
  readonly code?: string;
  readonly title: string;
  readonly detail?: string | undefined;
  /** In seconds. */
  readonly retryAfter?: number | undefined;
}

export interface Pages {
  /** Shows who signed up and when. One button for a browser that is known; otherwise a password is asked for. */
  verification(view: OpenVerification & VerificationPlaces & { readonly fault?: VerificationFault }): string;
  /** Asks again before the sign-up is rejected. */
  rejection(view: OpenVerification & VerificationPlaces): string;
  verified(view: { readonly locale: string; readonly newPassword: boolean }): string;
  rejected(view: { readonly locale: string }): string;
  /** A form for a new password, or the first one (`first`). */
  reset(view: OpenReset & { readonly action: string; readonly fault?: ResetFault }): string;
  resetDone(view: { readonly locale: string; readonly first: boolean }): string;
  /** The answer to a form by address, whether or not the account exists. */
  requested(view: { readonly locale: string; readonly kind: LinkKind }): string;
  /** An unusable link, with a form to request a new one. */
  deadLink(view: { readonly locale: string; readonly kind: LinkKind; readonly expired: boolean }): string;
  /** Any other problem: explained if its `code` has a text, otherwise as the API says it. */
  problem(view: ShownProblem & { readonly locale: string }): string;
  /** Served at `/api/v1/auth/pages.css`. */
  readonly stylesheet: string;
}

/** An icon drawn by the style sheet. */
type Mark = 'done' | 'mail' | 'ended' | 'failed';

/**
 * Reads the templates and the style sheet.
 * @param publicPath the path of PUBLIC_URL, which a proxy in front removes
 * @throws Error if a template is invalid
 */
export function createPages(publicPath: string): Pages {
  const templates = loadTemplates();
  const base = publicPath + BASE;

  function render({ tag, texts }: Language, page: PageName, values: Readonly<Record<string, unknown>>) {
    return templates.render(page, { lang: tag, texts, base, fault: null, ...values });
  }

  function message(language: Language, mark: Mark, { title, paragraphs }: Message): string {
    return render(language, 'message', { mark, title, paragraphs });
  }

  return {
    verification({ used, known, action, rejection, fault, ...view }) {
      const language = languageFor(view.locale);
      const { texts } = language;
      if (used) return message(language, 'done', texts.alreadyVerified);
      const text = fault === undefined ? null : texts.faults[fault.code];
      return render(language, 'verification', {
        ...signUpFacts(language, view),
        title: texts.verification.title,
        known,
        action,
        rejection,
        fault: text,
        passwordFault: fault?.field === 'password' ? text : null,
        newPasswordFault: fault?.field === 'newPassword' ? text : null,
        confirmNewPasswordFault: fault?.field === 'confirmNewPassword' ? text : null,
      });
    },

    rejection({ used, action, ...view }) {
      const language = languageFor(view.locale);
      const { texts } = language;
      if (used) return message(language, 'done', texts.alreadyVerified);
      return render(language, 'rejection', {
        ...signUpFacts(language, view),
        title: texts.rejection.title,
        action,
      });
    },

    verified({ locale, newPassword }) {
      const language = languageFor(locale);
      const { verified, resetDone } = language.texts;
      return message(language, 'done', newPassword ? resetDone.first : verified);
    },

    rejected({ locale }) {
      const language = languageFor(locale);
      return message(language, 'ended', language.texts.rejected);
    },

    reset({ locale, email, first, action, fault }) {
      const language = languageFor(locale);
      const words = language.texts.reset[first ? 'first' : 'again'];
      const text = fault === undefined ? null : language.texts.faults[fault.code];
      return render(language, 'reset', {
        ...words,
        email: shown(email),
        action,
        fault: text,
        newPasswordFault: fault?.field === 'newPassword' ? text : null,
        confirmNewPasswordFault: fault?.field === 'confirmNewPassword' ? text : null,
      });
    },

    resetDone({ locale, first }) {
      const language = languageFor(locale);
      return message(language, 'done', language.texts.resetDone[first ? 'first' : 'again']);
    },

    requested({ locale, kind }) {
      const language = languageFor(locale);
      return message(language, 'mail', language.texts.requested[kind]);
    },

    deadLink({ locale, kind, expired }) {
      const language = languageFor(locale);
      const { title, reason, renew } = language.texts.deadLink;
      const state = expired ? 'expired' : 'invalid';
      return render(language, 'dead-link', {
        title: title[state],
        reason: reason[state],
        renew: renew[kind],
        kind,
      });
    },

    problem({ locale, ...problem }) {
      const language = languageFor(locale);
      return message(language, 'failed', problemMessage(language, problem));
    },

    stylesheet: readFileSync(join(import.meta.dirname, 'pages.css'), 'utf8'),
  };
}

/** Returns who signed up and when. */
function signUpFacts(
  { tag }: Language,
  { username, email, signedUpAt }: Pick<OpenVerification, 'username' | 'email' | 'signedUpAt'>,
) {
  return {
    username: shown(username),
    email: shown(email),
    signedUpAt: { machine: signedUpAt.toISOString(), words: instantInWords(signedUpAt, tag) },
  };
}

function problemMessage({ tag, texts }: Language, problem: ShownProblem): Message {
  const { code, title, detail, retryAfter } = problem;
  const known = Object.entries(texts.problems).find(([name]) => name === code)?.[1];
  if (known === undefined)
    return { title, paragraphs: detail === undefined || detail === title ? [] : [detail] };
  if (code !== 'rate_limited' || retryAfter === undefined) return known;
  const wait = texts.tryAgainIn(waitInWords(retryAfter, tag));
  return { title: known.title, paragraphs: [...known.paragraphs, wait] };
}
