import { reportingFailures as reportingAs } from '@latchkey/mongo';
import { StoreUnavailable } from '../../ports/store-unavailable.ts';

/** The same port, whose methods reject with StoreUnavailable where MongoDB failed. */
export const reportingFailures: typeof reportingAs = (port) =>
  reportingAs(port, (failure) => new StoreUnavailable(failure));
