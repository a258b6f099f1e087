/**
 * Ends a process of the test runner if it is still running after the maximum time. This module is loaded into each of
 * these processes before the tests.
 */

/** The maximum time of a test process, in ms. The slowest test file takes three minutes on two cores. */
const WITHIN_MS = Number(process.env['TEST_PROCESS_MINUTES'] ?? 40) * 60_000;

setTimeout(() => {
  console.error(
    `${process.argv[1]} has not ended after ${WITHIN_MS / 60_000} minutes. Open: ${process.getActiveResourcesInfo().join(', ')}`,
  );
  process.exit(1);
}, WITHIN_MS).unref();
