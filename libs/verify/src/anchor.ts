/**
 * An anchor contains the heads (the last events) of all hash chains at one moment, and one signature over all
 * heads. An anchor must be kept where nobody can change it. A later comparison with the anchor proves that no
 * event from before that moment was changed or removed, even by somebody who has obtained the keys.
 */
import type { KeyObject } from 'node:crypto';
import { isTextSignedBy, keyIdOf } from '@latchkey/events';
import { z } from 'zod';
import type { Finding } from './findings.ts';
import { computeMerkleRoot } from './merkle.ts';
import type { JournaledStream, JournalView } from './views.ts';

const head = z.object({
  /** Id of the account or mailing. */
  id: z.string(),
  /** The sequence and the hash of the last event of this account or mailing. */
  sequence: z.int().min(1),
  hash: z.string(),
});

const anchor = z.object({
  version: z.literal(1),
  /** The time at which the anchor was created: RFC 3339, UTC. */
  at: z.iso.datetime(),
  /** The root of the Merkle tree over the heads (RFC 6962), in hex. */
  root: z.string(),
  signature: z.string(),
  /** The heads (the last event of each account and mailing), sorted by id. */
  heads: z.array(head),
});

type Head = z.infer<typeof head>;
export type Anchor = z.infer<typeof anchor>;

/**
 * The schema of a part of an anchor. On a topic, an anchor is stored in one or more records, each with one
 * part. A part has all fields of the anchor, but at most HEADS_PER_PART of its heads. `from` is the index
 * of the part's first head in the anchor, and `count` is the number of heads in the whole anchor.
 */
const part = anchor.extend({ from: z.int().min(0), count: z.int().min(0) });

const HEADS_PER_PART = 2000;

/** Splits an anchor into parts. The value of each record on the topic contains one part. */
export function splitAnchorIntoParts(anchorToSplit: Anchor): readonly string[] {
  const { heads, ...fields } = anchorToSplit;
  const count = heads.length;
  return Array.from({ length: Math.max(1, Math.ceil(count / HEADS_PER_PART)) }, (_, index) => {
    const from = index * HEADS_PER_PART;
    return JSON.stringify({ ...fields, from, count, heads: heads.slice(from, from + HEADS_PER_PART) });
  });
}

/** The anchors that the records of a topic contain. */
export interface AssembledAnchors {
  readonly complete: readonly Anchor[];
  /** The creation times of the incomplete anchors, for which some records are missing. */
  readonly incomplete: readonly string[];
}

/**
 * Assembles anchors from the values of records, oldest record first. Ignores values that are not part of an
 * anchor. If several records contain the same part, uses the first one, because only the first one is
 * certainly genuine: nobody knows the signature of an anchor before the anchor is on the topic, so an
 * attacker can only append a forged part after the genuine ones.
 */
export function assembleAnchors(texts: readonly string[]): AssembledAnchors {
  const parts = texts.flatMap((text) => part.safeParse(jsonOf(text)).data ?? []);
  const complete: Anchor[] = [];
  const incomplete: string[] = [];
  for (const [first, ...others] of Map.groupBy(
    parts,
    ({ signature, root }) => `${signature} ${root}`,
  ).values()) {
    if (first === undefined) continue;
    const { version, at, root, signature, count } = first;
    const heads = joinHeads([first, ...others], count);
    if (heads.length === count) complete.push({ version, at, root, signature, heads });
    else incomplete.push(at);
  }
  return { complete, incomplete };
}

/**
 * Joins the heads that the parts of an anchor contain. Returns at most `count` heads. If a part is missing,
 * returns only the heads before it.
 */
function joinHeads(parts: readonly z.infer<typeof part>[], count: number): Head[] {
  const byPlace = Map.groupBy(parts, ({ from }) => from);
  const heads: Head[] = [];
  while (heads.length < count) {
    const [next] = byPlace.get(heads.length) ?? [];
    if (next === undefined || next.heads.length === 0) break;
    heads.push(...next.heads);
  }
  return heads;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Parses an anchor. @throws Error with a one-line message if the text is not an anchor */
export function parseAnchor(text: string): Anchor {
  try {
    return anchor.parse(JSON.parse(text));
  } catch {
    throw new Error('This is not an anchor: it must be a file that the command anchor has written.');
  }
}

/**
 * Creates the anchor of a journal.
 * @throws Error with a one-line message if a stream cannot be read, or has no hash chain
 */
export async function createAnchor(
  journal: Pick<JournalView, 'streams'>,
  { at, sign }: { readonly at: Date; sign(text: string): string },
): Promise<Anchor> {
  const heads: Head[] = [];
  for await (const streams of journal.streams()) heads.push(...streams.map(headOf));
  const root = rootOf(heads);
  const unsigned = { version: 1, at: at.toISOString(), root } as const;
  return { ...unsigned, signature: sign(signedText(unsigned, heads.length)), heads };
}

function headOf({ id, events, flaw }: JournaledStream): Head {
  if (flaw !== undefined) throw new Error(`${id} cannot be anchored: ${flaw}`);
  const last = events.at(-1);
  if (last?.chain === undefined)
    throw new Error(
      `${id} has no hash chain yet: publish its events again with the command republish, then repeat`,
    );
  return { id, sequence: last.event.sequence, hash: last.chain.hash };
}

function rootOf(heads: readonly Head[]): string {
  return computeMerkleRoot(
    heads.map(({ id, sequence, hash }) => Buffer.from(`${id}:${sequence}:${hash}`)),
  ).toString('hex');
}

/**
 * Returns the text over which an anchor is signed. Anchors and events are signed with the same key. The text
 * therefore begins with a prefix that no signed text of an event has, so that the signature of one can never
 * be used for the other.
 */
function signedText({ at, root }: Pick<Anchor, 'at' | 'root'>, count: number): string {
  return `latchkey-anchor:${at}:${count}:${root}`;
}

/**
 * Returns why an anchor is not genuine; undefined if the anchor is genuine.
 * @param keyOf returns the public key with this id
 */
export function findAnchorFlaw(
  given: Anchor,
  keyOf: (kid: string) => KeyObject | undefined,
): string | undefined {
  if (rootOf(given.heads) !== given.root) return 'its root does not match its heads';
  const key = keyOf(keyIdOf(given.signature) ?? '');
  if (key === undefined) return 'it is signed by an unknown key';
  return isTextSignedBy(key, signedText(given, given.heads.length), given.signature)
    ? undefined
    : 'its signature is not valid';
}

/** Anchors to compare a journal with. */
export interface AnchorsToCompare {
  readonly genuine: readonly Anchor[];
  /**
   * The findings about unusable anchors: one for each anchor on the topic that is incomplete or not genuine.
   * The finding says what is wrong with the anchor.
   */
  readonly findings: readonly Finding[];
}

/**
 * Separates the genuine anchors on a topic from all other anchors. Each of the other anchors becomes a
 * finding, because it may be the result of tampering.
 * @param flawOf returns why an anchor is not genuine; undefined if the anchor is genuine
 */
export function selectGenuineAnchors(
  { complete, incomplete }: AssembledAnchors,
  flawOf: (anchor: Anchor) => string | undefined,
): AnchorsToCompare {
  const judged = complete.map((each) => ({ each, flaw: flawOf(each) }));
  return {
    genuine: judged.filter(({ flaw }) => flaw === undefined).map(({ each }) => each),
    findings: [
      ...judged.flatMap(({ each, flaw }) =>
        flaw === undefined ? [] : [unusable(`the anchor of ${each.at} is not genuine: ${flaw}`)],
      ),
      ...incomplete.map((at) => unusable(`the anchor of ${at} lacks records`)),
    ],
  };
}

function unusable(message: string): Finding {
  return { kind: 'anchor-unusable', message };
}

/**
 * A head in an anchor, that is, the last event of an account or mailing, with the creation time of the
 * anchor.
 */
type AnchoredHead = Head & Pick<Anchor, 'at'>;

/**
 * Compares the journal with anchors. Every event that is a head in an anchor must still be in the journal,
 * with the same hash.
 */
export async function compareWithAnchors(
  journal: Pick<JournalView, 'streams'>,
  anchors: readonly Anchor[],
): Promise<readonly Finding[]> {
  const left = headsOf(anchors);
  const findings: Finding[] = [];
  for await (const streams of journal.streams()) {
    for (const { id, events } of streams) {
      const different = left
        .get(id)
        ?.find(({ sequence, hash }) => events[sequence - 1]?.chain?.hash !== hash);
      left.delete(id);
      if (different === undefined) continue;
      const { sequence, at } = different;
      findings.push(changed(id, sequence, `event ${sequence} differs from the event in the anchor of ${at}`));
    }
  }
  for (const [first] of left.values()) {
    if (first === undefined) continue;
    const { id, sequence, at } = first;
    findings.push(changed(id, sequence, `all events that the anchor of ${at} contains are missing`));
  }
  return findings;
}

/**
 * Returns the heads that the anchors contain for each account or mailing, without duplicates. Heads of
 * earlier anchors come first.
 */
function headsOf(anchors: readonly Anchor[]): Map<string, AnchoredHead[]> {
  const heads = new Map<string, AnchoredHead[]>();
  for (const { heads: anchored, at } of anchors.toSorted((a, b) => (a.at < b.at ? -1 : 1)))
    for (const each of anchored) {
      const known = heads.get(each.id) ?? [];
      if (known.some(({ sequence, hash }) => sequence === each.sequence && hash === each.hash)) continue;
      heads.set(each.id, [...known, { ...each, at }]);
    }
  return heads;
}

function changed(subject: string, sequence: number, message: string): Finding {
  return { kind: 'history-changed', subject, sequence, message };
}
