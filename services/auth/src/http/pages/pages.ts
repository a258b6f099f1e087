/**
 * The HTML pages that links in mails open: complete documents in the reader's language, usable without
 * JavaScript.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Brand, type BrandPalette, DEFAULT_BRAND_NAME } from '@latchkey/brand';
import { assertNever } from '@latchkey/events';
import { createPageContentSecurityPolicy } from '@latchkey/http';
import { formatInstantInWords } from '@latchkey/locale';
import type { EmailChangeView } from '../../email-change/confirm.ts';
import type { EmailUndoView } from '../../email-change/undo.ts';
import type { ErasureView } from '../../erasure/request-erasure.ts';
import type { PasswordResetView } from '../../passwords/reset.ts';
import type { VerificationView } from '../../sign-up/verification.ts';
import { AUTH_BASE_PATH } from '../base-path.ts';
import { getPageLanguage as languageOf, type PageLanguage } from './language.ts';
import { loadPageTemplates, type PageName } from './templates.ts';
import type {
  FormFaultCode,
  MessageTexts,
  PageTexts,
  RenewableLinkKind,
  SuccessTexts,
  UnusableLinkKind,
  UnusableLinkReason,
} from './texts.ts';
import { formatWaitTime, makeDisplaySafe } from './words.ts';

/** An error in one field of a form for a new password. */
export interface NewPasswordFault {
  readonly field: 'newPassword' | 'confirmNewPassword';
  readonly code: FormFaultCode;
}

/** An error in one field of a form on the page of a verification link. */
export type VerificationFault = { readonly field: 'password' } | NewPasswordFault;

/** The URLs to which the page of a verification link points. */
interface VerificationPlaces {
  /** The URL to which the form is sent, which is also the URL of the page itself. */
  readonly action: string;
  /** The URL of the page that asks for confirmation before the sign-up is rejected. */
  readonly rejection: string;
}

/** The members of a problem (RFC 9457) that a page shows. */
interface ShownProblem {
  readonly code?: string;
  readonly title: string;
  readonly detail?: string | undefined;
  /** How long the person should wait before trying again, in seconds. */
  readonly retryAfter?: number | undefined;
}

/** The pages that report what a form has done. */
export const successPageNames = [
  'verified',
  'first-password',
  'rejected',
  'reset',
  'email-changed',
  'email-undone',
  'erasure-canceled',
] as const;
export type SuccessPageName = (typeof successPageNames)[number];

/** Renders the HTML pages of links in mails. Each method returns a complete HTML document. */
export interface LinkPages {
  /**
   * Shows who signed up and when, and a button that verifies the address. If the person opens the page in
   * another browser than the one that was used for the sign-up, the page also asks for the password.
   */
  verification(view: VerificationView & VerificationPlaces & { readonly fault?: VerificationFault }): string;
  /** Asks for confirmation before the person rejects a sign-up. */
  rejection(view: VerificationView & VerificationPlaces): string;
  /**
   * Shows a page that says what a submitted form has done, for example that the address is verified. With
   * JavaScript, the page replaces its URL in the browser. Otherwise, reloading the page would submit the form
   * again, although the link may work only once.
   */
  done(page: SuccessPageName, view: { readonly locale: string }): string;
  /** Shows a form for a new password, or for the first password of an account (`first`). */
  reset(view: PasswordResetView & { readonly action: string; readonly fault?: NewPasswordFault }): string;
  /** Shows when the account will be erased, and a button that cancels the erasure. */
  erasure(view: ErasureView & { readonly action: string }): string;
  /** Reports that a link to cancel an erasure cannot be used. */
  deadErasure(view: { readonly locale: string; readonly state: UnusableLinkReason }): string;
  /**
   * Asks for the password to confirm a change of address, or reports that the address was already changed.
   */
  emailChange(view: EmailChangeView & { readonly action: string; readonly wrongPassword?: boolean }): string;
  /** Shows both addresses and a form for a new password. Opened by a link that undoes a change of address. */
  emailUndo(view: EmailUndoView & { readonly action: string; readonly fault?: NewPasswordFault }): string;
  /** Reports that a mail was requested. The page does not reveal whether the account exists. */
  requested(view: { readonly locale: string; readonly kind: RenewableLinkKind }): string;
  /** Reports that a link cannot be used, and offers a form to request a new link if that is possible. */
  deadLink(view: {
    readonly locale: string;
    readonly kind: UnusableLinkKind;
    readonly state: UnusableLinkReason;
  }): string;
  /** Shows the form for requesting a new link once more, because an invalid address was sent. */
  requestAgain(view: { readonly locale: string; readonly kind: RenewableLinkKind }): string;
  /**
   * Shows a problem for which there is no page of its own. The text is the page text for the problem's `code`
   * or, if there is none, the text that the API returns.
   */
  problem(view: ShownProblem & { readonly locale: string }): string;
  /**
   * Shows the page at `/`, for people who open the server's address without a link. Without a client app, the
   * buttons in mails also lead to this page. The page therefore has a form with which people can request a
   * new password.
   */
  home(view: { readonly locale: string }): string;
  /** The style sheet of the HTML pages, served at `/api/v1/auth/pages.css`. */
  readonly stylesheet: string;
  /** The script of the HTML pages, served at `/api/v1/auth/pages.js`. */
  readonly script: string;
  /** The logo of the brand, served at `/api/v1/auth/logo`; undefined if there is none. */
  readonly logo: { readonly type: string; readonly bytes: Buffer } | undefined;
  /**
   * The headers that every HTML page of auth needs in addition to the security headers of all HTML responses.
   */
  readonly headers: Readonly<Record<string, string>>;
}

export interface LinkPageSettings {
  /** The path of PUBLIC_URL, which the reverse proxy strips from requests. */
  readonly publicPath: string;
  /** The minimum length of new passwords. */
  readonly minLength: number;
  readonly brand: Brand;
  /** The URL of the client app to which pages link. */
  readonly frontendUrl: string | undefined;
}

/** The name of an icon in the style sheet of the pages. */
type Mark = 'done' | 'mail' | 'ended' | 'failed' | 'home';

/**
 * Creates the HTML pages from their templates and files, which this function reads only once.
 * @throws Error if a template is invalid
 */
export function createLinkPages({ publicPath, minLength, brand, frontendUrl }: LinkPageSettings): LinkPages {
  const templates = loadPageTemplates();
  const homePath = `${publicPath}/`;
  const ours = {
    base: publicPath + AUTH_BASE_PATH,
    brandName: brand.name,
    hasKey: brand.name === DEFAULT_BRAND_NAME,
    logoUrl: brand.logo?.url ?? null,
  };

  function languageFor(locale: string): PageLanguage {
    const { tag, texts } = languageOf(locale);
    return { tag, texts: filledIn(texts, { min: String(minLength), brand: brand.name }) };
  }

  function render(
    { tag, texts }: PageLanguage,
    page: PageName,
    values: Readonly<Record<string, unknown>> & { readonly title: string },
  ) {
    const defaults = { lang: tag, texts, fault: null, onward: null, link: null, done: null };
    return templates.render(page, { ...ours, ...defaults, ...values, title: keepTogether(values.title) });
  }

  function message(
    language: PageLanguage,
    mark: Mark,
    { title, paragraphs }: MessageTexts,
    more: Readonly<Record<string, unknown>> = {},
  ): string {
    return render(language, 'message', { mark, title, paragraphs, ...more });
  }

  /**
   * Returns the template variables for the button that leads away from the page: to the client app or, if
   * there is none, to the page at `/`.
   */
  function wayOut({ texts }: PageLanguage) {
    if (frontendUrl !== undefined) return { onward: frontendUrl };
    return { link: { href: homePath, text: texts.startPage } };
  }

  /** Renders a page that reports success, with a link to the client app if there is one. */
  function success(
    language: PageLanguage,
    mark: Mark,
    { title, paragraphs, closing }: SuccessTexts,
    more: Readonly<Record<string, unknown>> = {},
  ): string {
    const onward = frontendUrl ?? null;
    const shownParagraphs = onward === null ? [...paragraphs, closing] : paragraphs;
    return render(language, 'message', { mark, title, paragraphs: shownParagraphs, onward, ...more });
  }

  /** Renders the page with a form for a new password. */
  function newPassword(
    language: PageLanguage,
    words: PageTexts['reset']['again'],
    view: {
      readonly email: string;
      /** The current address of the account, if it differs from `email`. */
      readonly newEmail?: string;
      readonly action: string;
      readonly fault?: NewPasswordFault;
    },
  ): string {
    const { email, newEmail, action, fault } = view;
    const text = fault === undefined ? null : language.texts.faults[fault.code];
    return render(language, 'reset', {
      ...words,
      email: makeDisplaySafe(email),
      changedTo: newEmail === undefined ? null : makeDisplaySafe(newEmail),
      action,
      fault: text,
      newPasswordFault: fault?.field === 'newPassword' ? text : null,
      confirmNewPasswordFault: fault?.field === 'confirmNewPassword' ? text : null,
    });
  }

  return {
    verification({ used, known, action, rejection, fault, ...view }) {
      const language = languageFor(view.locale);
      const { texts } = language;
      if (used) return success(language, 'done', texts.alreadyVerified);
      const text = fault === undefined ? null : verificationFaultText(texts, fault);
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
      if (used) return success(language, 'done', texts.alreadyVerified);
      return render(language, 'rejection', {
        ...signUpFacts(language, view),
        title: texts.rejection.title,
        action,
      });
    },

    done(page, { locale }) {
      const language = languageFor(locale);
      const { texts } = language;
      switch (page) {
        case 'verified':
          return success(language, 'done', texts.verified, { done: page });
        case 'first-password':
          return success(language, 'done', texts.resetDone.first, { done: page });
        case 'rejected':
          return render(language, 'message', { mark: 'ended', ...texts.rejected, done: page });
        case 'reset':
          return success(language, 'done', texts.resetDone.again, { done: page });
        case 'email-changed':
          return success(language, 'done', texts.emailChanged, { done: page });
        case 'email-undone':
          return success(language, 'done', texts.emailUndone, { done: page });
        case 'erasure-canceled': {
          const { canceled, newPassword } = texts.erasure;
          const home = { href: homePath, text: newPassword };
          return success(language, 'done', canceled, {
            done: page,
            link: frontendUrl === undefined ? home : null,
          });
        }
        default:
          return assertNever(page);
      }
    },

    reset({ first, ...view }) {
      const language = languageFor(view.locale);
      return newPassword(language, language.texts.reset[first ? 'first' : 'again'], view);
    },

    emailChange({ locale, username, newEmail, used, action, wrongPassword = false }) {
      const language = languageFor(locale);
      const { texts } = language;
      if (used) return success(language, 'done', texts.emailChanged);
      return render(language, 'email-change', {
        title: texts.emailChange.title,
        username: makeDisplaySafe(username),
        newEmail: makeDisplaySafe(newEmail),
        action,
        fault: wrongPassword ? texts.faults.password_incorrect : null,
      });
    },

    emailUndo(view) {
      const language = languageFor(view.locale);
      return newPassword(language, language.texts.emailUndo, view);
    },

    erasure({ locale, eraseAt, action }) {
      const language = languageFor(locale);
      const { title, lead, keep, ignore } = language.texts.erasure;
      return render(language, 'erasure', {
        ...{ title, lead, keep, ignore, action },
        eraseAt: { machine: eraseAt.toISOString(), words: formatInstantInWords(eraseAt, language.tag) },
      });
    },

    deadErasure({ locale, state }) {
      const language = languageFor(locale);
      const { erasure, deadLink } = language.texts;
      if (state !== 'incomplete') return message(language, 'failed', erasure.dead, wayOut(language));
      const { title, reason } = deadLink;
      return message(language, 'failed', {
        title: title.incomplete,
        paragraphs: [reason.incomplete, erasure.stillDue],
      });
    },

    requested({ locale, kind }) {
      const language = languageFor(locale);
      return message(language, 'mail', language.texts.requested[kind]);
    },

    deadLink({ locale, kind, state }) {
      const language = languageFor(locale);
      const { title, reason, renew } = language.texts.deadLink;
      return render(language, 'dead-link', {
        title: title[state],
        reason: reason[state],
        renew: renew[kind],
        kind,
        renewable: kind === 'verification' || kind === 'password-reset',
        ...(kind !== 'password-reset' && wayOut(language)),
      });
    },

    requestAgain({ locale, kind }) {
      const language = languageFor(locale);
      const { request, renew, invalidEmail } = language.texts.deadLink;
      return render(language, 'dead-link', {
        title: request,
        reason: null,
        renew: renew[kind],
        kind,
        renewable: true,
        fault: invalidEmail,
      });
    },

    problem({ locale, ...problem }) {
      const language = languageFor(locale);
      const way = problem.code === 'not_found' ? wayOut(language) : {};
      return message(language, 'failed', problemMessage(language, problem), way);
    },

    home({ locale }) {
      const language = languageFor(locale);
      const { home } = language.texts;
      if (frontendUrl !== undefined) return success(language, 'home', home);
      const paragraphs = [...home.paragraphs, home.closing];
      return render(language, 'home', { title: home.title, paragraphs, ask: home.ask });
    },

    stylesheet: readOwn('pages.css') + colorRules(brand),
    script: readOwn('pages.js'),
    logo: brand.logo?.file,
    headers: { 'Content-Security-Policy': createPageContentSecurityPolicy(brand.logo?.origin) },
  };
}

/** Returns the template variables that say who signed up and when. */
function signUpFacts(
  { tag }: PageLanguage,
  { username, email, signedUpAt }: Pick<VerificationView, 'username' | 'email' | 'signedUpAt'>,
) {
  return {
    username: makeDisplaySafe(username),
    email: makeDisplaySafe(email),
    signedUpAt: { machine: signedUpAt.toISOString(), words: formatInstantInWords(signedUpAt, tag) },
  };
}

function verificationFaultText({ verification, faults }: PageTexts, fault: VerificationFault): string {
  return fault.field === 'password' ? verification.wrongPassword : faults[fault.code];
}

/** Replaces the hyphen in "e-mail" by a non-breaking hyphen, so that titles do not break there. */
function keepTogether(title: string): string {
  return title.replaceAll(/(?<=\be)-(?=mail)/gi, '\u2011');
}

function readOwn(file: string): string {
  return readFileSync(join(import.meta.dirname, file), 'utf8');
}

/** Returns CSS rules that replace the default colors with those of the brand. */
function colorRules({ palette }: Brand): string {
  if (palette === undefined) return '';
  function rule({ accent, strong, soft, onAccent }: BrandPalette['light']): string {
    return `:root { --accent: ${accent}; --accent-strong: ${strong}; --accent-soft: ${soft}; --on-accent: ${onAccent}; }`;
  }
  return `\n${rule(palette.light)}\n@media (prefers-color-scheme: dark) { ${rule(palette.dark)} }\n`;
}

/** Returns the texts of the pages with the placeholders `{min}` and `{brand}` filled in. */
function filledIn(texts: PageTexts, values: { readonly min: string; readonly brand: string }): PageTexts {
  const { reset, faults, home, onward } = texts;
  function fill(text: string): string {
    return text.replace('{min}', () => values.min).replace('{brand}', () => values.brand);
  }
  return {
    ...texts,
    onward: fill(onward),
    home: {
      ...home,
      title: fill(home.title),
      paragraphs: home.paragraphs.map(fill),
      closing: fill(home.closing),
    },
    reset: { ...reset, hint: fill(reset.hint) },
    faults: { ...faults, too_short: fill(faults.too_short) },
  };
}

function problemMessage({ tag, texts }: PageLanguage, problem: ShownProblem): MessageTexts {
  const { code, title, detail, retryAfter } = problem;
  const known = Object.entries(texts.problems).find(([name]) => name === code)?.[1];
  if (known === undefined)
    return { title, paragraphs: detail === undefined || detail === title ? [] : [detail] };
  if (code !== 'rate_limited' || retryAfter === undefined) return known;
  const wait = texts.tryAgainIn(formatWaitTime(retryAfter, tag));
  return { title: known.title, paragraphs: [...known.paragraphs, wait] };
}
