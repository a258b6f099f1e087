/**
 * The texts of auth's HTML pages. English and German are complete; texts that another language lacks are
 * shown in English.
 */
import type { standardProblems } from '@latchkey/http';
import type { PasswordFault } from '../../passwords/rules.ts';

export interface MessageTexts {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** The texts of a page that reports success and offers no further action. */
export interface SuccessTexts extends MessageTexts {
  /** The last sentence of the page, shown if there is no link to the client app. */
  readonly closing: string;
}

interface Headed {
  readonly title: string;
  readonly lead: string;
}

export interface PageTexts {
  /** The prefix of the page title if the page shows an error, because screen readers read the title first. */
  readonly faultPrefix: string;
  readonly username: string;
  readonly showPassword: string;
  readonly hidePassword: string;
  /** The text of the link to the client app. Contains the placeholder `{brand}`. */
  readonly onward: string;
  /**
   * The text of the link to the page at `/`, which replaces the link to the client app if there is no client
   * app.
   */
  readonly startPage: string;
  /** The texts of the page at the path `/`. */
  readonly home: SuccessTexts & { readonly ask: Headed & { readonly send: string } };
  readonly verification: Headed & {
    readonly signedUp: string;
    readonly passwordLead: string;
    readonly password: string;
    readonly wrongPassword: string;
    readonly confirm: string;
    /** The label of the link to the form for a new password. */
    readonly choose: string;
    readonly chooseLead: string;
    readonly chooseAndConfirm: string;
    readonly stranger: string;
    readonly strangerLead: string;
    readonly reject: string;
  };
  readonly rejection: Headed & { readonly confirm: string; readonly back: string };
  readonly alreadyVerified: SuccessTexts;
  readonly verified: SuccessTexts;
  readonly rejected: MessageTexts;
  readonly reset: {
    readonly again: Headed & { readonly button: string };
    readonly first: Headed & { readonly button: string };
    readonly account: string;
    readonly newPassword: string;
    readonly hint: string;
    readonly confirmNewPassword: string;
  };
  readonly emailChange: Headed & {
    readonly newEmail: string;
    readonly password: string;
    readonly confirm: string;
  };
  readonly emailChanged: SuccessTexts;
  readonly emailUndo: Headed & {
    readonly button: string;
    /** The label of the address to which the account was changed. */
    readonly changedTo: string;
    /** Tells the reader what to do if the change of address was intended. */
    readonly ignore: string;
  };
  readonly emailUndone: SuccessTexts;
  readonly resetDone: { readonly again: SuccessTexts; readonly first: SuccessTexts };
  readonly erasure: Headed & {
    readonly erasedOn: string;
    readonly keep: string;
    readonly ignore: string;
    readonly canceled: SuccessTexts;
    readonly dead: MessageTexts;
    /** Says that the erasure is still pending, on the page that opens if the link was cut off. */
    readonly stillDue: string;
    /** The label of the link to the page that requests a new password. */
    readonly newPassword: string;
  };
  readonly requested: Readonly<Record<RenewableLinkKind, MessageTexts>>;
  readonly deadLink: {
    readonly title: Readonly<Record<UnusableLinkReason, string>>;
    readonly reason: Readonly<Record<UnusableLinkReason, string>>;
    readonly renew: Readonly<Record<UnusableLinkKind, string>>;
    readonly email: string;
    /**
     * The title of the page that shows the form for a new link again because the address was invalid
     * (`invalidEmail`).
     */
    readonly request: string;
    readonly invalidEmail: string;
    readonly send: string;
  };
  readonly faults: Readonly<Record<FormFaultCode, string>>;
  readonly problems: Readonly<Record<keyof typeof standardProblems, MessageTexts>>;
  /**
   * Returns a sentence about when to try again.
   * @param wait a duration in words, such as "15 minutes"
   */
  readonly tryAgainIn: (wait: string) => string;
}

/** The kinds of links for which a person can request a new link by entering the email address. */
export type RenewableLinkKind = 'verification' | 'password-reset';
/**
 * All kinds of links for which there is a page that says that the link cannot be used. For some kinds, a new
 * link cannot be requested.
 */
export type UnusableLinkKind = RenewableLinkKind | 'email-change' | 'email-undo';
/** Why a link cannot be used. `incomplete` is a link that was cut off, for example when it was copied. */
export type UnusableLinkReason = 'expired' | 'invalid' | 'incomplete';
/** The codes of errors that a person can correct in a form. */
export type FormFaultCode = PasswordFault | 'passwords_do_not_match' | 'password_incorrect';

type Part<T> = T extends string | readonly string[] | ((...values: never) => string)
  ? T
  : { readonly [Name in keyof T]?: Part<T[Name]> };

/** A translation of the page texts. Some texts may be missing; `npm run languages` lists them. */
export type PageTranslation = Part<PageTexts>;
