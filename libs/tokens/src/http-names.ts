/** Names of HTTP headers and problem types that all of Latchkey's services use. */

/**
 * The name of a header whose value is `<account id>:<sequence>`. The response to a change of an account
 * contains it. If a client sends the header with a later request, the response to that request includes all
 * changes up to this sequence.
 */
export const ACCOUNT_SEQUENCE_HEADER = 'Account-Sequence';

/** The beginning of `type` in problem details (RFC 9457). The code of the problem follows it. */
export const PROBLEM_TYPE_PREFIX = 'urn:latchkey:problem:';
