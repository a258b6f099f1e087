/**
 * The format of an account's exported data. Every part is parsed with its schema before it is written, so a
 * field that is not declared here, such as a hash or a token, is never exported.
 */
import { instant, role } from '@latchkey/events';
import { z } from 'zod';

/**
 * The version of the format. It is increased when a field is removed or changes its meaning, but not when a
 * field is added.
 */
export const EXPORT_VERSION = 1;

const profile = z
  .object({
    id: z.uuid(),
    email: z.string(),
    username: z.string(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    role,
    isVerified: z.boolean(),
    locale: z.string(),
    disabled: z.boolean(),
  })
  .meta({ id: 'ExportedProfile', description: 'The account as it is now.' });

const event = z
  .object({
    sequence: z.int().positive().describe('1 for the first event of the account.'),
    id: z.uuid(),
    type: z.string(),
    time: instant,
    requestId: z.string().describe('The request that led to the event.'),
    data: z
      .record(z.string(), z.unknown())
      .describe(
        'The data of the event, with the fields that docs/events.md lists for its type, but without the links that mails contain.',
      ),
  })
  .meta({ id: 'ExportedEvent', description: 'Something that happened to the account.' });

const session = z
  .object({
    id: z.uuid(),
    createdAt: instant,
    lastUsedAt: instant,
    expiresAt: instant.describe('When the session expires if it is not used again.'),
    ip: z.string(),
    userAgent: z.string(),
  })
  .meta({ id: 'ExportedSession', description: 'A session that has not ended.' });

export const exportedMailSchema = z
  .object({
    id: z.uuid(),
    mail: z.string().describe('Which mail: `verify-email`.'),
    eventId: z.uuid().describe('The event that called for the mail; its data has the address.'),
    at: instant.describe('The time of that event.'),
    state: z.string().describe('`sent` once the mail server has accepted it.'),
    reason: z.string().optional().describe('Why it was not sent.'),
    endedAt: instant.optional().describe('When its state became final.'),
    to: z.string().optional().describe('The shortened address, as it is stored: `a…@example.com`.'),
    attempts: z
      .array(z.object({ at: instant, result: z.string() }))
      .describe('The last attempts to send it, at most 20.'),
    report: z
      .object({ at: instant, source: z.string(), status: z.string().optional() })
      .optional()
      .describe('Bounces and complaints that were reported after the mail was sent.'),
  })
  .meta({ id: 'ExportedMail', description: 'A mail that an event of the account caused.' });

export type ExportedMail = z.infer<typeof exportedMailSchema>;

const signIn = z
  .object({
    id: z.uuid(),
    type: z.string().describe('`LoginSucceeded`, `LoginFailed`, `LoginLocked` or `DataExported`.'),
    time: instant,
    actor: z.string().optional().describe('The account itself, `unknown`, or `ops`.'),
    reason: z.string().optional(),
    during: z.string().optional().describe('What the password was checked for.'),
    sessionId: z.string().optional(),
    ip: z.string().optional().describe('Absent if it is not stored.'),
    ipPrefix: z.string().optional().describe('The network of the IP, if only that is stored.'),
    userAgent: z.string().optional(),
  })
  .meta({
    id: 'ExportedSignIn',
    description: 'A sign-in, an attempt at one, or an export. Kept for AUDIT_RETENTION_DAYS.',
  });

export const exportDocumentSchema = z
  .object({
    version: z.literal(EXPORT_VERSION),
    exportedAt: instant,
    profile,
    events: z.array(event).describe('Oldest first.'),
    sessions: z.array(session).describe('Newest first.'),
    mails: z
      .array(exportedMailSchema)
      .describe("Oldest first. The owner's export lists only mails to the account's own verified address."),
    signIns: z.array(signIn).describe('Oldest first.'),
  })
  .meta({
    id: 'Export',
    description: 'Everything that is stored about an account, but no secrets. New fields may be added.',
  });

export type ExportDocument = z.infer<typeof exportDocumentSchema>;

/** The lists of the document, in the order in which they are written. */
export const exportedListSchemas = {
  events: event,
  sessions: session,
  mails: exportedMailSchema,
  signIns: signIn,
};

export type ExportedListName = keyof typeof exportedListSchemas;
