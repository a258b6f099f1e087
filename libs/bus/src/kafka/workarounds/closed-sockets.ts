import type { Socket } from 'node:net';
import type { Kafka } from 'kafkajs';
import { onEachKafkajsConnection, type PatchableConnection } from './wrap-clusters.ts';

/**
 * Prevents kafkajs from adding a listener to a closed socket at every disconnect. After eleven disconnects,
 * Node would warn about a possible memory leak. kafkajs keeps the closed socket of a connection until it
 * connects again, and calls `unref` on this socket at every disconnect. On a closed socket, Node adds a
 * listener that calls `unref` when the socket connects. This function makes `unref` a no-op on closed
 * sockets. Changes only the connections of this client.
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
