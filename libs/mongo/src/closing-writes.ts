/** Of the driver's connection, what is mended here (mongodb 7.8: lib/cmap/connection.js). */
interface DriverConnection {
  readonly error: Error | null;
  writeCommand(...words: unknown[]): Promise<void>;
  once(event: 'close', listener: () => void): void;
  off(event: 'close', listener: () => void): void;
}

/**
 * Makes a command that is being written fail when its connection closes. By itself the driver waits for the 'drain' of
 * a socket that takes nothing at once, and a socket that is destroyed, but says 'close' only a turn of the event loop
 * later, takes nothing and never drains: who asked would wait for ever. With the driver's own monitor among them,
 * nobody would look for a server that was away any more.
 * @param prototype of the driver's connections
 * @throws Error where the driver is not what it was
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
