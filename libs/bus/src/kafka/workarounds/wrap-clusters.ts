import type { ISocketFactory, Kafka } from 'kafkajs';

/** The options of kafkajs's cluster that the workarounds change. */
export interface KafkajsClusterOptions {
  readonly isolationLevel?: number;
}

/** The part of kafkajs's class `Cluster` that the workarounds patch. kafkajs publishes no type for it. */
export interface PatchableCluster {
  readonly connectionPoolBuilder: { build(destination?: object): Promise<PatchablePool> };
}

/** A pair of connections to a broker. */
export interface PatchablePool {
  readonly pool: readonly PatchableConnection[];
}

/** A connection to a broker. */
export interface PatchableConnection {
  readonly requestQueue: RequestQueue;
  /** Creates the socket each time the connection is opened. */
  socketFactory: ISocketFactory;
}

/** The requests that one connection sends. */
export interface RequestQueue {
  /** Requests that wait because the broker throttles the client, or because too many are in flight. */
  readonly pending: readonly unknown[];
  /** Requests without a response so far, by correlation id. */
  readonly inflight: ReadonlyMap<number, InflightRequest>;
  readonly enforceRequestTimeout: boolean;
  /** The time within which the broker must respond to a request, in ms. */
  readonly requestTimeout: number;
  requestTimeoutIntervalId?: NodeJS.Timeout;
  scheduleCheckPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  isConnected(): boolean;
  /** Closes the queue, and stops its timers. */
  destroy(): void;
}

interface InflightRequest {
  /** When the request was sent, in ms on the clock of `Date.now`. */
  readonly sentAt: number;
  /** The time within which the broker must respond to a request, in ms. */
  readonly requestTimeout: number;
  timeoutRequest(): void;
}

export type CreateKafkajsCluster = (options: KafkajsClusterOptions) => PatchableCluster;

const NAME = 'private:Kafka:createCluster';

/**
 * Replaces the function that a client uses to create its connections to the brokers. Changes only this
 * client.
 * @param wrap takes the current function, and returns its replacement
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function wrapKafkajsClusters(
  kafka: Kafka,
  wrap: (create: CreateKafkajsCluster) => CreateKafkajsCluster,
): void {
  const name = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === NAME);
  const client = kafka as unknown as Record<symbol, CreateKafkajsCluster>;
  const create = name && client[name];
  if (!name || !create) throw new Error('This version of kafkajs creates its connections differently.');
  client[name] = wrap(create);
}

/**
 * Calls a function for each connection to a broker that a client creates. Changes only this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function onEachKafkajsConnection(
  kafka: Kafka,
  prepare: (connection: PatchableConnection) => void,
): void {
  wrapKafkajsClusters(kafka, (create) => (options) => {
    const cluster = create(options);
    const { connectionPoolBuilder: builder } = cluster;
    const { build } = builder;
    builder.build = async (destination) => {
      const connections = await build(destination);
      for (const connection of connections.pool) prepare(connection);
      return connections;
    };
    return cluster;
  });
}
