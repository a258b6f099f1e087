/**
 * The part of the MongoDB driver's connection pool that is patched here (mongodb 7.8:
 * lib/cmap/connection_pool.js).
 */
interface DriverPool {
  readonly options: { readonly minPoolSize: number };
  minPoolSizeTimer: NodeJS.Timeout | undefined;
  ensureMinPoolSize(): void;
}

/** How often a pool without a minimum size checks for unusable connections, in ms. */
const CHECKED_EVERY_MS = 5000;

/**
 * Patches the driver, so that a pool without a minimum size checks its connections every 5 s. The driver
 * checks them every 100 ms, which takes a tenth of the CPU time of an idle service, and has no option to
 * change this interval. Checking less often is safe, because a connection is checked again when it is taken
 * from the pool.
 * @param prototype the prototype of the driver's pools
 * @throws Error if this version of the driver is built differently
 */
export function patchPoolCheckInterval(prototype: DriverPool): void {
  const { ensureMinPoolSize } = prototype;
  if (typeof ensureMinPoolSize !== 'function')
    throw new Error('This version of the MongoDB driver checks its pools differently.');

  prototype.ensureMinPoolSize = function (this: DriverPool) {
    const before = this.minPoolSizeTimer;
    ensureMinPoolSize.call(this);
    // Do not change the interval of a pool with a minimum size. If the driver has set no timer, the pool is
    // paused or closed.
    if (this.options.minPoolSize > 0 || this.minPoolSizeTimer === before) return;
    clearTimeout(this.minPoolSizeTimer);
    this.minPoolSizeTimer = setTimeout(() => this.ensureMinPoolSize(), CHECKED_EVERY_MS);
  };
}
