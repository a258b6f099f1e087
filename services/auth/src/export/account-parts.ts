/** The data that auth stores about an account, in the form in which it is exported. */
import { decodeSecurityEvent, type LatchkeyEvent, type SecurityEvent } from '@latchkey/events';
import type { ExportDocument, ExportParts } from '@latchkey/export';
import { readAllPages } from '@latchkey/store';
import { type ExistingAccount, toAccountProfile } from '../account/index.ts';
import type { UseCaseDeps } from '../deps.ts';
import type { AuditEntry } from '../ports/audit-log.ts';
import type { Commit } from '../ports/journal.ts';
import type { Session } from '../ports/sessions.ts';
import { toPublicEvents } from '../relay/to-public-events.ts';
import { computeSessionStatus } from '../sessions/session-status.ts';

const PAGE = 100;

type AccountExportDeps = Pick<UseCaseDeps, 'auditLog' | 'journal' | 'now' | 'sessions'>;

/**
 * Returns all parts of the export except the mails. Lists are read from the stores page by page, as they are
 * iterated.
 */
export function readAccountExportParts(
  deps: AccountExportDeps,
  account: ExistingAccount,
): Omit<ExportParts, 'mails'> {
  return {
    exportedAt: deps.now(),
    profile: toAccountProfile(account),
    events: eventsOf(deps, account.userId),
    sessions: sessionsOf(deps, account),
    signIns: signInsOf(deps, account.userId),
  };
}

async function* eventsOf(
  { journal }: Pick<UseCaseDeps, 'journal'>,
  userId: string,
): AsyncGenerator<ExportDocument['events'][number]> {
  const all = readAllPages<Commit>((last) => journal.read(userId, last?.number ?? 0, PAGE));
  for await (const commits of all) yield* commits.flatMap(toPublicEvents).map(viewEvent);
}

function viewEvent({ sequence, id, type, time, correlationId, data }: LatchkeyEvent) {
  return { sequence, id, type, time, requestId: correlationId, data: removeSealedLinks(data) };
}

/** Removes all sealed links, at any depth. Even sealed, a link is a secret and must not be exported. */
export function removeSealedLinks(data: object): Record<string, unknown> {
  const kept = Object.entries(data).filter(([, value]) => !isObject(value) || !('sealed' in value));
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      isObject(value) && !Array.isArray(value) ? removeSealedLinks(value) : value,
    ]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

async function* sessionsOf(
  { sessions, now }: Pick<UseCaseDeps, 'now' | 'sessions'>,
  account: ExistingAccount,
): AsyncGenerator<ExportDocument['sessions'][number]> {
  const all = readAllPages<Session>((after) => sessions.list(account.userId, now(), { limit: PAGE, after }));
  for await (const page of all)
    yield* page.filter((session) => computeSessionStatus(account, session) === 'active').map(viewSession);
}

function viewSession({ id, createdAt, rotatedAt, expiresAt, ip, userAgent }: Session) {
  return {
    id,
    createdAt: createdAt.toISOString(),
    lastUsedAt: rotatedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    ip,
    userAgent,
  };
}

async function* signInsOf(
  { auditLog }: Pick<UseCaseDeps, 'auditLog'>,
  userId: string,
): AsyncGenerator<ExportDocument['signIns'][number]> {
  const all = readAllPages<AuditEntry>((last) =>
    auditLog.ofAccount(userId, { after: last?.id, limit: PAGE }),
  );
  for await (const entries of all)
    for (const { headers, value } of entries) {
      const event = decodeSecurityEvent({ headers, value: Buffer.from(value) });
      // Skip security events of types that only a newer release knows; they decode to undefined.
      if (event !== undefined) yield viewSignIn(event);
    }
}

function viewSignIn({ id, type, time, data }: SecurityEvent): ExportDocument['signIns'][number] {
  const { person, ...fields } = { person: undefined, ...data };
  return { id, type, time, ...fields, ...person };
}
