/** The texts of the pages. A language that lacks one does not compile. */
import type { problems } from '@latchkey/http';
import type { PasswordFault } from '../../passwords/rules.ts';

export interface Message {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

interface Headed {
  readonly title: string;
  readonly lead: string;
}

export interface Texts {
  /** Precedes the title of a page that shows a fault, for screen readers, which read the title first. */
  readonly faultPrefix: string;
  readonly username: string;
  readonly verification: Headed & {
    readonly signedUp: string;
    readonly passwordLead: string;
    readonly password: string;
    readonly confirm: string;
    /** Opens the form for a new password. */
    readonly choose: string;
    readonly chooseLead: string;
    readonly chooseAndConfirm: string;
    readonly stranger: string;
    readonly strangerLead: string;
    readonly reject: string;
  };
  readonly rejection: Headed & { readonly confirm: string; readonly back: string };
  readonly alreadyVerified: Message;
  readonly verified: Message;
  readonly rejected: Message;
  readonly reset: {
    readonly again: Headed & { readonly button: string };
    readonly first: Headed & { readonly button: string };
    readonly account: string;
    readonly newPassword: string;
    readonly hint: string;
    readonly confirmNewPassword: string;
  };
  readonly resetDone: { readonly again: Message; readonly first: Message };
  readonly requested: Readonly<Record<LinkKind, Message>>;
  readonly deadLink: {
    readonly title: Readonly<Record<LinkState, string>>;
    readonly reason: Readonly<Record<LinkState, string>>;
    readonly renew: Readonly<Record<LinkKind, string>>;
    readonly email: string;
    readonly send: string;
  };
  readonly faults: Readonly<Record<FaultCode, string>>;
  readonly problems: Readonly<Record<keyof typeof problems, Message>>;
  /** @param wait a duration in words */
  readonly tryAgainIn: (wait: string) => string;
}

export type LinkKind = 'verification' | 'password-reset';
export type LinkState = 'expired' | 'invalid';
/** Faults that a person can correct in the form. */
export type FaultCode = PasswordFault | 'passwords_do_not_match' | 'password_required';
