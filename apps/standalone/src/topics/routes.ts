/** Serves the records of the log as JSON, for the topics page and for curl. */
import type { BusRecord } from '@latchkey/bus';
import { decodeUtf8 } from '@latchkey/events';
import { Problem, type Route, route, standardProblems } from '@latchkey/http';
import { z } from 'zod';
import { localOnlyPolicy } from '../pages/local-only.ts';

/** The methods of the embedded bus that read topics. */
export interface TopicRecordReader {
  topics(): readonly { readonly name: string; readonly partitions: number; readonly records: number }[];
  /**
   * Returns up to `limit` records of one partition, or of all partitions, newest last. With `offset`, returns
   * the records that begin at this offset; otherwise, returns the latest records.
   */
  records(
    name: string,
    query: {
      readonly partition?: number;
      readonly offset?: number;
      readonly limit: number;
    },
  ): readonly BusRecord[];
}

const shared = { method: 'GET', tag: 'topics', hidden: true, quiet: true, policy: localOnlyPolicy } as const;
const whole = z.coerce.number().int().min(0);

export const topicListSchema = z.object({
  topics: z.array(z.object({ name: z.string(), partitions: z.number(), records: z.number() })),
});

const shownRecord = z.object({
  partition: z.number(),
  offset: z.number(),
  timestamp: z.iso.datetime(),
  key: z.string().nullable(),
  headers: z.record(z.string(), z.union([z.string(), z.array(z.string())])),
  value: z.json(),
});
export const recordListSchema = z.object({ records: z.array(shownRecord) });
type ShownRecord = z.infer<typeof shownRecord>;

const recordsQuery = z.object({
  partition: whole.optional(),
  offset: whole.optional(),
  limit: whole.max(1000).default(100),
});

function text(bytes: Buffer | string): string {
  return typeof bytes === 'string' ? bytes : (decodeUtf8(bytes) ?? `base64:${bytes.toString('base64')}`);
}

/**
 * Decodes the value of a record. Returns the parsed value if the bytes are JSON, otherwise a string if they
 * are text, otherwise base64.
 */
function decoded(value: Buffer | null): ShownRecord['value'] {
  if (value === null) return null;
  try {
    return JSON.parse(value.toString('utf8'));
  } catch {
    return text(value);
  }
}

function shownHeaders(headers: BusRecord['headers']): ShownRecord['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' || Buffer.isBuffer(value) ? text(value) : value.map(text),
    ]),
  );
}

function shown(record: BusRecord): ShownRecord {
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp.toISOString(),
    key: record.key && text(record.key),
    headers: shownHeaders(record.headers),
    value: decoded(record.value),
  };
}

function withoutMissing({ partition, offset, limit }: z.infer<typeof recordsQuery>) {
  return {
    limit,
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
  };
}

export function createTopicsRoutes(log: TopicRecordReader): readonly Route[] {
  function topicNamed(name: string) {
    const topic = log.topics().find((candidate) => candidate.name === name);
    if (!topic) throw new Problem(standardProblems.not_found, { detail: 'There is no such topic.' });
    return topic;
  }

  return [
    route({
      ...shared,
      path: '/topics/api/topics',
      summary: 'Topics with their partitions and how many records they hold',
      answers: { 200: { description: 'The topics', schema: topicListSchema } },
      handle: async () => ({ status: 200, body: { topics: log.topics() } }),
    }),
    route({
      ...shared,
      path: '/topics/api/topics/:name/records',
      summary: 'Records, newest last: from an offset on, or the newest',
      params: z.object({ name: z.string().min(1).max(249) }),
      query: recordsQuery,
      answers: { 200: { description: 'The records', schema: recordListSchema } },
      problems: [standardProblems.not_found],
      handle: async ({ params, query }) => {
        const { name } = topicNamed(params.name);
        const records = log.records(name, withoutMissing(query));
        return { status: 200, body: { records: records.map(shown) } };
      },
    }),
  ];
}
