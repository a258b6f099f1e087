import { formatKeyUses, parseKeyUses, removeKeyUse, updateKeyUsesAtStartup } from '@latchkey/store';
import { type Commit, UnreadableCommit } from '../journal.ts';
import type { OpenRegistration } from '../registrations.ts';
import type { Snapshot } from '../snapshots.ts';
import type { AuthStores } from '../stores.ts';

export type CommitStores = Pick<
  AuthStores,
  'journal' | 'outbox' | 'registrations' | 'snapshots' | 'keyFingerprints'
>;

/**
 * Creates in-memory stores of commits. They are the reference model for the real adapters, and a fast journal
 * for other tests.
 */
export function createMemoryStores(): CommitStores {
  const byCommand = new Map<string, Commit>();
  const byStream = new Map<string, Map<number, Commit>>();
  const byClaim = new Map<string, Commit>();
  const unpublished = new Set<Commit>();
  const settled = new Set<Commit>();
  const snapshots = new Map<string, Snapshot>();
  const fingerprints = new Map<string, string>();

  function shown(commit: Commit): Commit {
    const { address: _, ...rest } = commit;
    return settled.has(commit) ? rest : commit;
  }
  function ofStream(stream: string) {
    return [...(byStream.get(stream)?.values() ?? [])].toSorted((a, b) => a.number - b.number);
  }
  function isTaken({ stream, number, claims = [] }: Commit) {
    return byStream.get(stream)?.has(number) || claims.some((claim) => byClaim.has(claim));
  }
  function living(): readonly OpenRegistration[] {
    return [...byCommand.values()]
      .map(shown)
      .flatMap(({ stream, address, at }) => (address === undefined ? [] : [{ stream, address, at }]))
      .toSorted(byTime);
  }
  function outbox() {
    return [...unpublished].toSorted((a, b) => compare(a.at, b.at));
  }

  function insert(commit: Commit): void {
    const { stream, number, commandId, claims = [] } = commit;
    const numbers = byStream.get(stream) ?? new Map<number, Commit>();
    byStream.set(stream, numbers.set(number, commit));
    byCommand.set(commandId, commit);
    for (const claim of claims) byClaim.set(claim, commit);
    unpublished.add(commit);
  }

  return {
    journal: {
      async append(commit) {
        const earlier = byCommand.get(commit.commandId);
        if (earlier !== undefined) return { outcome: 'repeated', commit: shown(earlier) };
        if (isTaken(commit)) return { outcome: 'lost' };
        insert(commit);
        return { outcome: 'appended' };
      },
      async addChain({ stream, number }, entries) {
        const commit = byStream.get(stream)?.get(number);
        if (commit === undefined) throw new UnreadableCommit(stream, number, 'it is missing');
        const events = commit.events.map((event, index) => {
          const chain = event.chain ?? entries[index];
          return chain === undefined ? event : { ...event, chain };
        });
        Object.assign(commit, { events });
        return events.flatMap(({ chain }) => chain ?? []);
      },
      read: async (stream, after = 0, limit = Number.POSITIVE_INFINITY) =>
        ofStream(stream)
          .filter(({ number }) => number > after)
          .slice(0, limit)
          .map(shown),
      async byCommand(commandId) {
        const commit = byCommand.get(commandId);
        return commit && shown(commit);
      },
      holder: async (claim) => byClaim.get(claim)?.stream,
      async release({ stream, number }, claims) {
        const commit = byStream.get(stream)?.get(number);
        const held = commit?.claims ?? [];
        const kept = held.filter((claim) => !claims.includes(claim));
        if (commit === undefined || kept.length === held.length) return;
        for (const claim of held) if (!kept.includes(claim)) byClaim.delete(claim);
        if (kept.length === 0) Reflect.deleteProperty(commit, 'claims');
        else Object.assign(commit, { claims: kept });
      },
      holdersBetween: async ({ from, before }) => {
        const held = [...byClaim].filter(([claim]) => claim >= from && claim < before);
        return [...new Set(held.map(([, { stream }]) => stream))];
      },
      countClaims: async (prefix) => [...byClaim.keys()].filter((claim) => claim.startsWith(prefix)).length,
      async roleChanges() {
        const commits = [...byCommand.values()].filter(({ events }) =>
          events.some(({ type }) => type === 'RoleChanged'),
        );
        return [...new Set(commits.map(({ stream }) => stream))];
      },
    },
    outbox: {
      async unpublished(asked) {
        const found = asked.map((stream) => {
          const commits = ofStream(stream).filter((commit) => unpublished.has(commit));
          return [stream, commits.map(shown)] as const;
        });
        return new Map(found.filter(([, commits]) => commits.length > 0));
      },
      async waiting({ recent, after, limit }) {
        const from = after?.toISOString() ?? '';
        const [before, to] = [recent?.from.toISOString() ?? '~', recent?.to.toISOString() ?? '~'];
        const due = outbox().filter(({ at }) => at > from && at < before);
        const end = due[limit - 1]?.at ?? '~';
        const read = due.filter(({ at }, index) => index < limit || at === end);
        const last = read.at(-1)?.at;
        const future = after === undefined ? outbox().filter(({ at }) => at > to) : [];
        return {
          streams: [...new Set([...read, ...future.slice(0, limit)].map(({ stream }) => stream))],
          ...(last !== undefined && { last: new Date(last) }),
          hasMore: read.length < due.length,
        };
      },
      async markPublished(published) {
        for (const { stream, number } of published) {
          const commit = byStream.get(stream)?.get(number);
          if (commit !== undefined) unpublished.delete(commit);
        }
      },
      async backlog() {
        const oldest = outbox()[0]?.at;
        return oldest === undefined ? { commits: 0 } : { commits: unpublished.size, oldest };
      },
    },
    registrations: {
      living: async (address) =>
        living()
          .filter((registration) => registration.address === address)
          .toReversed(),
      page: async ({ after, until, limit }) =>
        living()
          .filter((registration) => after === undefined || byTime(registration, after) > 0)
          .filter(({ at }) => until === undefined || at <= until.toISOString())
          .slice(0, limit),
      async settle(stream) {
        for (const commit of ofStream(stream)) settled.add(commit);
      },
    },
    snapshots: {
      find: async (stream) => snapshots.get(stream),
      async save(snapshot) {
        const known = snapshots.get(snapshot.stream);
        if (known === undefined || known.number <= snapshot.number) {
          snapshots.set(snapshot.stream, structuredClone(snapshot));
        }
      },
    },
    keyFingerprints: {
      async check(given, now) {
        const next = Object.entries(given).map(
          ([name, keys]) => [name, updateKeyUsesAtStartup(fingerprints.get(name), keys, now)] as const,
        );
        const lacking = next.filter(([, uses]) => uses === undefined).map(([name]) => name);
        if (lacking.length > 0) return lacking;
        for (const [name, uses = ''] of next) fingerprints.set(name, uses);
        return [];
      },
      list: async () =>
        Object.fromEntries([...fingerprints].map(([name, uses]) => [name, parseKeyUses(uses)] as const)),
      async forget(name, key, seen) {
        if ((fingerprints.get(name) ?? '') !== formatKeyUses(seen)) return false;
        const rest = removeKeyUse(seen, key);
        if (rest === undefined) fingerprints.delete(name);
        else fingerprints.set(name, rest);
        return true;
      },
    },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byTime(a: OpenRegistration, b: OpenRegistration): number {
  return compare(a.at, b.at) || compare(a.stream, b.stream);
}
