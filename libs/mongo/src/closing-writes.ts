/** The part of the MongoDB driver's connection that is patched here (mongodb 7.8: lib/cmap/connection.js). */
interface DriverConnection {
  readonly error: Error | null;
  writeCommand(...words: unknown[]): Promise<void>;
  once(event: 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
}

/**
 * Patches the driver, so that a command that is being written fails when its connection closes. If the buffer
 * of a socket is full, the driver waits for the socket's 'drain' event. A destroyed socket never emits
 * 'drain', and emits 'close' only in the next turn of the event loop, so without the patch the caller would
 * wait forever. One such caller is the driver's own monitor, which would then never notice that the server is
 * available again.
 * @param prototype the prototype of the driver's connections
 * @throws Error if this version of the driver is built differently
 */
export function patchWritesToFailOnClose(prototype: DriverConnection): void {
  const { writeCommand } = prototype;
  if (typeof writeCommand !== 'function')
    throw new Error('This version of the MongoDB driver writes commands differently.');

  prototype.writeCommand = async function (this: DriverConnection, ...words) {
    const { promise: closed, reject } = Promise.withResolvers<never>();
    const onClose = () => reject(this.error);
    this.once('close', onClose);
    try {
      await Promise.race([writeCommand.apply(this, words), closed]);
    } finally {
      this.off('close', onClose);
    }
  };
}
