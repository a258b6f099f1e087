import type { Connection } from 'mongoose';
import { loadMongoose } from './driver.ts';
import type { MongoIndex } from './indexes.ts';
import {
  canSearchIndex,
  describeQuery,
  listQueries,
  type MongoQuery,
  scansCollection,
} from './query-plans.ts';

/** A query that needs no index, and why. */
export interface AllowedQuery {
  /** Matches the text that `describeQuery` returns for the query. */
  readonly query: RegExp;
  readonly because: string;
}

/** Records the queries that are sent on some connections, and checks that they search an index. */
export interface QueryCheck {
  /** Records the queries of a connection, which must have been opened with `monitorCommands=true`. */
  record(connection: Connection): void;
  /** Runs work whose queries are not recorded. */
  ignoring<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Checks that the recorded queries search an index.
   * @returns undefined, or, if the server does not explain queries, a sentence about what could not be
   * checked
   * @throws Error that lists the queries that search no index
   */
  assertIndexed(connection: Connection): Promise<string | undefined>;
}

const COMMAND_NOT_FOUND = 59;

export function createQueryCheck(
  indexes: readonly MongoIndex[],
  allowed: readonly AllowedQuery[],
): QueryCheck {
  const queries = new Map<string, MongoQuery>();
  let ignores = false;

  function add(query: MongoQuery): void {
    const text = describeQuery(query);
    if (!ignores && !allowed.some((each) => each.query.test(text))) queries.set(text, query);
  }

  return {
    record(connection) {
      connection.getClient().on('commandStarted', ({ commandName, command }) => {
        listQueries(commandName, command).forEach(add);
      });
    },
    async ignoring(work) {
      ignores = true;
      try {
        return await work();
      } finally {
        ignores = false;
      }
    },
    async assertIndexed({ db }) {
      const scanning = [...queries.values()].filter((query) => !canSearchIndex(query, indexes));
      refuse(scanning, 'no declared index begins with a field that they select');
      const scanned: MongoQuery[] = [];
      for (const query of queries.values()) {
        const explained = await db
          ?.command({ explain: query.command, verbosity: 'queryPlanner' })
          .catch(undefinedIfUnknown);
        if (explained === undefined)
          return `This server does not explain queries: ${queries.size} queries were only compared with the declared indexes.`;
        if (scansCollection(explained)) scanned.push(query);
      }
      refuse(scanned, 'the server reads the whole collection');
      return undefined;
    },
  };
}

function refuse(queries: readonly MongoQuery[], reason: string): void {
  if (queries.length === 0) return;
  throw new Error(`Queries search no index, because ${reason}:\n${queries.map(describeQuery).join('\n')}`);
}

/**
 * Handles the error of a command. Returns undefined if the server does not know the command.
 * @throws any other error
 */
function undefinedIfUnknown(error: unknown): undefined {
  if (error instanceof loadMongoose().mongo.MongoServerError && error.code === COMMAND_NOT_FOUND)
    return undefined;
  throw error;
}
