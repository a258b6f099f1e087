/**
 * The pages behind the links: whole HTML documents without script, in the reader's language (en, de; else en).
 */
import type { OpenReset } from '../../use-cases/password.ts';
import type { OpenVerification } from '../../use-cases/verification.ts';

export interface Pages {
  /** Who signed up when, a button to confirm, another for "this was not me". `action` is where the forms post. */
  verification(view: OpenVerification & { readonly action: string; readonly fault?: string }): string;
  verified(view: { readonly locale: string }): string;
  rejected(view: { readonly locale: string }): string;
  /** A form for a new password; `first`: for the first one. */
  reset(
    view: OpenReset & {
      readonly action: string;
      readonly fault?: { readonly field: 'newPassword' | 'confirmNewPassword'; readonly message: string };
    },
  ): string;
  resetDone(view: { readonly locale: string; readonly first: boolean }): string;
  /** After a form by address: a mail is on its way if there is an account. */
  requested(view: { readonly locale: string; readonly kind: 'verification' | 'password-reset' }): string;
  /** A link that cannot be used, with a form to get a new one. */
  deadLink(view: {
    readonly locale: string;
    readonly kind: 'verification' | 'password-reset';
    readonly expired: boolean;
  }): string;
  /** Any other problem of a page or form. */
  problem(view: {
    readonly locale: string;
    readonly title: string;
    readonly detail?: string | undefined;
  }): string;
  /** Served at `/api/v1/auth/pages.css`. */
  readonly stylesheet: string;
}

export declare function createPages(): Pages;
