/**
 * A proxy to MongoDB that parses its protocol. The connections through the proxy can be cut. The proxy can
 * also respond to writes as if the disk of the server were full, as if the server could not replicate, or as
 * if it were no longer the primary.
 */
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { createWorkCounters, type WorkCounter } from '../nemesis/work.ts';
import {
  createMongoResponse,
  getMongoCommandName,
  getMongoMessageId,
  getMongoRequestIdOfResponse,
  parseMongoMessageBody,
  splitMongoMessages,
} from './mongo-frames.ts';

export type MongoProxyMode =
  | 'clear'
  /**
   * MongoDB applies writes, but the proxy changes the responses: they report that no majority of the replica
   * set has acknowledged the write.
   */
  | 'fails-write-concern'
  /**
   * The proxy drops writes, and responds as a primary does that stepped down before a majority of the replica
   * set had the write.
   */
  | 'is-stale'
  /** The proxy refuses writes, as a server whose disk is full does. */
  | 'is-full';

export interface MongoProxy extends TcpProxy {
  setMode(mode: MongoProxyMode): void;
}

/** The MongoDB commands that only maintain a connection or a session. */
const MAINTENANCE: ReadonlySet<string> = new Set(['hello', 'ismaster', 'ping', 'endSessions', '']);

const WRITES: ReadonlySet<string> = new Set(['insert', 'update', 'delete', 'findAndModify']);

const WRITE_CONCERN_FAILED = {
  code: 64,
  codeName: 'WriteConcernFailed',
  errmsg: 'waiting for replication timed out',
} as const;
const STEPPED_DOWN = {
  code: 189,
  codeName: 'PrimarySteppedDown',
  errmsg: 'the primary stepped down',
} as const;
const DISK_FULL = { ok: 0, code: 14031, codeName: 'OutOfDiskSpace', errmsg: 'no space left' } as const;

/**
 * Creates a proxy to MongoDB at `host:port`. The proxy accepts no connections until `mend` is called.
 * @param commands counts the commands without a response, except those that only maintain a connection
 */
export async function createMongoProxy(
  far: string,
  commands: WorkCounter = createWorkCounters()(''),
): Promise<MongoProxy> {
  let mode: MongoProxyMode = 'clear';

  /** Forwards messages between a client and MongoDB until one of them closes the connection. */
  async function relay(near: Socket, away: Socket): Promise<void> {
    /** The ids of writes in progress whose responses must report a failed write concern. */
    const unsure = new Set<number>();
    /**
     * The commands without a response, by id. The value is the function that stops counting the command as
     * work in progress.
     */
    const open = new Map<number, () => void>();

    function end(id: number): void {
      open.get(id)?.();
      open.delete(id);
    }

    async function* requests(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const message of splitMongoMessages(chunks)) {
        if (!MAINTENANCE.has(getMongoCommandName(message)))
          open.set(getMongoMessageId(message), commands.begin());
        const answer = mode === 'clear' ? undefined : answerInstead(message, mode);
        if (answer === undefined) yield message;
        else {
          near.write(answer);
          end(getMongoMessageId(message));
        }
        if (mode === 'fails-write-concern' && isWrite(message)) unsure.add(getMongoMessageId(message));
      }
    }

    async function* answers(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
      for await (const message of splitMongoMessages(chunks)) {
        end(getMongoRequestIdOfResponse(message));
        yield unsure.delete(getMongoRequestIdOfResponse(message)) ? withoutMajority(message) : message;
      }
    }

    await Promise.race([pipeline(near, requests, away), pipeline(away, answers, near)]).catch(
      () => undefined,
    );
    for (const endCount of open.values()) endCount();
  }

  const proxy = await createTcpProxy(
    far,
    (near, away) => void relay(near, away).finally(() => near.destroy()),
  );
  return {
    ...proxy,
    setMode: (next) => {
      mode = next;
    },
  };
}

function commandIn(message: Buffer): string {
  return Object.keys(parseMongoMessageBody(message) ?? {})[0] ?? '';
}

function isWrite(message: Buffer): boolean {
  return WRITES.has(commandIn(message));
}

/**
 * Returns the response with which the proxy itself answers a request that must not reach MongoDB. Returns
 * undefined if the proxy must forward the request.
 */
function answerInstead(message: Buffer, mode: Exclude<MongoProxyMode, 'clear'>): Buffer | undefined {
  if (mode === 'fails-write-concern' || !isWrite(message)) return undefined;
  if (mode === 'is-full') return createMongoResponse(getMongoMessageId(message), DISK_FULL);
  const nothing =
    commandIn(message) === 'findAndModify'
      ? { value: null, lastErrorObject: { n: 0, updatedExisting: false } }
      : { n: 1, nModified: 1 };
  return createMongoResponse(getMongoMessageId(message), {
    ok: 1,
    ...nothing,
    writeConcernError: STEPPED_DOWN,
  });
}

function withoutMajority(message: Buffer): Buffer {
  const body = parseMongoMessageBody(message);
  if (body === undefined) return message;
  return createMongoResponse(getMongoRequestIdOfResponse(message), {
    ...body,
    writeConcernError: WRITE_CONCERN_FAILED,
  });
}
