/** The part of the driver's connection that is patched here (mongodb 7.8: lib/cmap/connection.js). */
interface DriverConnection {
  readonly error: Error | null;
  writeCommand(...words: unknown[]): Promise<void>;
  once(event: 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
}

/**
 * Makes a command that is being written fail when its connection closes. The driver waits for the 'drain' event of a
 * socket with a full buffer. A destroyed socket never drains, and emits 'close' only in the next turn of the event
 * loop, so without this patch the caller would wait forever. The driver's own monitor is such a caller: it would then
 * never notice that the server is up again.
 * @param prototype the prototype of the driver's connections
 * @throws Error if this version of the driver is built differently
 */
export function failWritesOnClose(prototype: DriverConnection): void {
  const { writeCommand } = prototype;
  if (typeof writeCommand !== 'function')
    throw new Error('mongodb writes commands in another way than it did');

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
