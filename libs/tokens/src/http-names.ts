/** Names that all services of Latchkey use on HTTP. */

/**
 * The header with the value `<account id>:<sequence>`. Responses to changes have it. A client that sends it back gets a
 * response that includes the change with this sequence.
 */
export const ACCOUNT_SEQUENCE = 'Account-Sequence';

/** Prefix of `type` in problem details (RFC 9457); the code of the problem follows. */
export const PROBLEM_TYPES = 'urn:latchkey:problem:';
