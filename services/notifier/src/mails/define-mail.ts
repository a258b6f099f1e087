/** How a mail is declared: one call of `defineMail` in `mails/<name>/mail.ts`, next to its templates. Pure. */
import type { EventType, LatchkeyEvent, LinkPurpose, SealedToken } from '@latchkey/events';
import { z } from 'zod';

/** The variables of a mail's templates. Each has an example for tests and previews of the templates. */
type Variables = Readonly<Record<string, z.ZodType<string>>>;

interface Addressed {
  readonly to: string;
}

/** The recipient of a mail, and the values of the mail's variables. */
type Content<V extends Variables> = Addressed &
  ([keyof V] extends [never] ? object : z.input<z.ZodObject<V>>);

/** What must be sent if an event requires a mail. */
export interface MailDetails<C extends Addressed = Addressed> {
  readonly locale: string;
  /**
   * The content of the mail. A list if the event requires the same mail to several recipients, with one
   * content for each; `null` if the person has been erased.
   */
  readonly content: C | readonly C[] | null;
  /** The sealed link of the mail, if it has one. */
  readonly link?: SealedToken;
}

/**
 * Whose address a mail goes to. `account`: the address of the account that the event is about. `other`: an
 * address that belongs to another account, or that this account has not confirmed yet.
 */
type Recipient = 'account' | 'other';

interface Definition<T extends EventType, V extends Variables, P extends LinkPurpose> {
  /** The name of the mail's folder. The name is recorded with each delivery, so it must never change. */
  readonly name: string;
  /** The types of events that may cause the mail. */
  readonly when: readonly T[];
  /**
   * Whether the mail goes to the account's own address. The export of an account lists only such mails for
   * its owner.
   */
  readonly recipient: Recipient;
  /**
   * The variables that only this mail has. Its templates can also use the variables that every mail has and,
   * if the mail has a link, those that every mail with a link has.
   */
  readonly variables: V;
  /**
   * The purpose of the mail's link. The mail supersedes earlier mails of the account whose links have the same purpose.
   */
  readonly link?: P;
  /**
   * The purposes of links that the events in `when` make invalid, whether or not this mail is sent. Pending mails with
   * a link of one of these purposes are canceled.
   */
  readonly supersedes?: readonly LinkPurpose[];
  /**
   * Returns what to send because of an event; undefined if the event does not cause this mail. The link may
   * be absent if the person has been erased.
   */
  from(
    event: Extract<LatchkeyEvent, { type: T }>,
  ):
    | (MailDetails<Content<V>> &
        ([P] extends [never] ? object : { readonly link: SealedToken } | { readonly content: null }))
    | undefined;
}

/** A declared mail in the form in which the notifier uses it. */
export interface MailDefinition {
  readonly name: string;
  readonly when: readonly EventType[];
  readonly recipient: Recipient;
  readonly link?: LinkPurpose;
  readonly supersedes: readonly LinkPurpose[];
  /** The schema of the variables for the mail's templates. Parsing drops every other key. */
  readonly variables: z.ZodObject<Variables>;
  /**
   * Returns what the mail contains if an event causes it; undefined if the event does not cause this mail.
   */
  requestedMailFor(event: LatchkeyEvent): MailDetails | undefined;
}

/**
 * Declares a text variable of a mail.
 * @param example the value in tests and previews of the templates
 */
export function createTextVariable(example: string) {
  return z.string().meta({ example });
}

/** The color of buttons and links in mails if BRAND_COLOR is not set. */
export const DEFAULT_BRAND_COLOR = '#1d5c52';

/** The variables that every mail has. */
const common = {
  app_name: createTextVariable('Latchkey'),
  /** The URL of the brand's logo; empty if there is none. */
  logo_url: createTextVariable(''),
  color: createTextVariable(DEFAULT_BRAND_COLOR),
  color_on_dark: createTextVariable('#83cdbe'),
  home_url: createTextVariable('https://accounts.example.com'),
  locale: createTextVariable('en'),
  occurred_at: createTextVariable('21 November 2026 at 10:15 UTC'),
};

/** The name of the variable that contains the link, for each purpose of a link. */
export const linkVariableNames = {
  verification: 'verify_url',
  reset: 'reset_url',
  erasure: 'undo_url',
  'email-change': 'confirm_url',
  'email-undo': 'undo_url',
} as const satisfies Readonly<Record<LinkPurpose, string>>;

/** Returns the variables that a mail with a link has. */
function linkVariables(purpose: LinkPurpose): Variables {
  return {
    [linkVariableNames[purpose]]: createTextVariable(
      `https://accounts.example.com/api/v1/auth/link/${'Q3x-7_Lk'.repeat(8)}`,
    ),
    expires_in: createTextVariable('24 hours'),
    expires_at: createTextVariable('22 November 2026 at 10:15 UTC'),
  };
}

/** The recipient's username; empty if unknown. */
export const usernameVariableSchema = z.string().default('').meta({ example: 'ada' });

/**
 * Returns the content of a mail that needs only a recipient and a username; `null` if the person has been
 * erased.
 */
export function toRecipientContent(person: { readonly email: string; readonly username: string } | null) {
  return person && { to: person.email, username: person.username };
}

/**
 * Declares a mail.
 *
 * @example
 * export const welcomeMail = defineMail({
 *   name: 'welcome',
 *   when: ['AccountVerified'],
 *   recipient: 'account',
 *   variables: { username: usernameVariableSchema },
 *   from: ({ data: { locale, person } }) => ({ locale, content: toRecipientContent(person) }),
 * });
 */
export function defineMail<T extends EventType, V extends Variables, P extends LinkPurpose = never>({
  name,
  when,
  recipient,
  variables,
  link,
  supersedes = [],
  from,
}: Definition<T, V, P>): MailDefinition {
  function answers(event: LatchkeyEvent): event is Extract<LatchkeyEvent, { type: T }> {
    return when.some((type) => type === event.type);
  }
  return {
    name,
    when,
    recipient,
    ...(link && { link }),
    supersedes,
    variables: z.object({ ...common, ...(link && linkVariables(link)), ...variables }),
    requestedMailFor: (event) => (answers(event) ? from(event) : undefined),
  };
}

/** Returns the examples of a mail's variables. */
export function getExampleVariables({ variables }: MailDefinition): Readonly<Record<string, string>> {
  const examples = Object.entries(variables.shape).map(([name, schema]) => [
    name,
    schema.meta()?.['example'],
  ]);
  return variables.parse(Object.fromEntries(examples));
}
