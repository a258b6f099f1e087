import type { Socket } from 'node:net';
import type { Kafka } from 'kafkajs';
import { onEachKafkajsConnection, type PatchableConnection } from './wrap-clusters.ts';

/**
 * Makes `unref` a no-op on a closed socket of a client's connections. kafkajs keeps the closed socket of a
 * connection until it connects again, and calls `unref` on it at every disconnect. Node postpones an `unref` of a
 * closed socket until the socket connects, by adding a listener. So each disconnect would add a listener, and Node
 * would warn about a memory leak after eleven of them. Changes only the connections of this client.
 * @throws Error if this version of kafkajs creates its connections differently
 */
export function skipUnrefOfClosedSockets(kafka: Kafka): void {
  onEachKafkajsConnection(kafka, wrapSocketFactory);
}

function wrapSocketFactory(connection: PatchableConnection): void {
  const createSocket = connection.socketFactory;
  connection.socketFactory = (options) => {
    const socket: Socket = createSocket(options);
    const unref = socket.unref.bind(socket);
    socket.unref = () => (socket.destroyed ? socket : unref());
    return socket;
  };
}
